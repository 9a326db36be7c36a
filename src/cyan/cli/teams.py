"""`cyan product team`: the people of a product, or of an organization."""

from typing import Annotated

from cyclopts import App, Parameter

from cyan.cli.asking import Json, ask
from cyan.cli.show import say, show_json, show_table
from cyan.model.products import TeamRole

OfOrg = Annotated[
    bool, Parameter("--org", negative="", help="OWNER names an organization.")
]

team = App(name="team", help="The people of a product.", help_format="plaintext")


@team.command(name="list")
def list_team(owner: str, *, org: OfOrg = False, json: Json = False) -> None:
    """List a product's team: people, who was invited, and API users.

    Example: cyan product team list cold-chain
    """
    found = ask(lambda client: client.team(owner, of_organization=org).list_team())
    if json:
        show_json(found)
        return
    for each in found:
        each["is"] = (each.get("role") or {}).get("name") or "API user"
        each["scopes"] = each.get("scopes")
    columns = {
        "username": "username",
        "role": "is",
        "called": "friendly_name",
        "invited": "pending",
        "scopes": "scopes",
    }
    show_table(found, columns, "Nobody is in the team.")


@team.command
def invite(
    owner: str,
    username: str,
    *,
    role: TeamRole = TeamRole.DEVELOPER,
    org: OfOrg = False,
) -> None:
    """Mail somebody an invitation to the team.

    Example: cyan product team invite cold-chain them@example.com --role support
    """
    invited = ask(
        lambda client: client.team(owner, of_organization=org).invite(username, role)
    )
    say(f"{invited} was invited by mail, as {role.value}.")


@team.command
def role(owner: str, username: str, role: TeamRole, *, org: OfOrg = False) -> None:
    """Give somebody another role; `owner` hands the team over.

    Example: cyan product team role cold-chain them@example.com administrator
    """
    changed = ask(
        lambda client: client.team(owner, of_organization=org).change_role(
            username, role
        )
    )
    say(f"{changed['username']} is {changed['role']['name']}.")


@team.command
def remove(owner: str, username: str, *, org: OfOrg = False) -> None:
    """Remove somebody, or an invitation; everybody may leave.

    Example: cyan product team remove cold-chain them@example.com
    """
    ask(lambda client: client.team(owner, of_organization=org).remove(username))
    say(f"{username} is no longer in the team.")
