"""Rules: pure functions that decide. Facts in, a decision out, nothing else.

One module per chapter. Each takes a frozen dataclass of facts, made for one
question, and answers with one of a closed set of decisions; `Refuse` is the no.
The numbers (CLM-3) are those of docs/rules/rulebook.md, and each chapter's page
holds the decision tables that the tests execute.
"""
