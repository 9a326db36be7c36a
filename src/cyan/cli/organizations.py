"""`cyan org`: organizations, which own products."""

from cyclopts import App

from cyan.cli.asking import Json, ask
from cyan.cli.show import say, show_attributes, show_json, show_table

org = App(
    name="org", help="Organizations, which own products.", help_format="plaintext"
)


@org.command(name="list")
def list_organizations(*, json: Json = False) -> None:
    """List the organizations in whose team you are.

    Example: cyan org list
    """
    found = ask(lambda client: client.list_organizations())
    if json:
        show_json(found)
        return
    columns = {"id": "id", "name": "name", "slug": "slug"}
    empty = "There are no organizations; `cyan org create NAME` makes one."
    show_table(found, columns, empty)


@org.command
def create(name: str, *, json: Json = False) -> None:
    """Make an organization, whose owner you are.

    Example: cyan org create "Acme Logistics"
    """
    made = ask(lambda client: client.create_organization(name))
    if json:
        show_json(made)
    else:
        say(f"{made['name']} is organization {made['slug']}.")


@org.command
def info(organization: str, *, json: Json = False) -> None:
    """Tell about an organization, by its id or slug.

    `cyan product list --org ORG` has its products.

    Example: cyan org info acme-logistics
    """
    found = ask(lambda client: client.organization(organization))
    if json:
        show_json(found)
    else:
        show_attributes(found)


@org.command
def remove(organization: str) -> None:
    """Delete an organization that has no products.

    Example: cyan org remove acme-logistics
    """
    ask(lambda client: client.remove_organization(organization))
    say(f"{organization} is deleted.")


def register(app: App) -> None:
    """Add these commands to the command line."""
    app.command(org)
