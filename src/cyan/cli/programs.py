"""Programs that act for a team: API users, and a product's OAuth clients."""

from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from cyan.cli.asking import Json, ask, ask_product
from cyan.cli.show import say, show_json, show_table
from cyan.cli.teams import OfOrg

Scopes = Annotated[
    list[str] | None,
    Parameter("--scope", negative="", help="Such as devices:list; may be repeated."),
]
ONCE = "It is shown this once."

api_user = App(
    name="api-user",
    help="Programs in a team, with scopes and one token.",
    help_format="plaintext",
)


def _show_token(made: dict[str, Any], json: bool) -> None:
    if json:
        show_json(made)
        return
    say(f"{made['username']} has this token. {ONCE}")
    say(made["tokens"][0]["token"])


@api_user.command(name="create")
def create_api_user(
    owner: str,
    name: str,
    *,
    scope: Scopes = None,
    org: OfOrg = False,
    json: Json = False,
) -> None:
    """Make an API user; its token is shown once.

    Example: cyan product api-user create cold-chain Reporter --scope devices:list
    """
    wish = {"friendly_name": name, "scopes": scope or []}
    made = ask(
        lambda client: client.team(owner, of_organization=org).create_api_user(wish)
    )
    _show_token(made, json)


@api_user.command(name="change")
def change_api_user(
    owner: str,
    username: str,
    *,
    name: str | None = None,
    scope: Scopes = None,
    org: OfOrg = False,
    json: Json = False,
) -> None:
    """Change what an API user is called or may do; its former token ends.

    Example: cyan product api-user change cold-chain USERNAME --scope devices:get
    """
    wishes = {"friendly_name": name, "scopes": scope}
    changes = {key: wish for key, wish in wishes.items() if wish is not None}
    changed = ask(
        lambda client: client.team(owner, of_organization=org).change_api_user(
            username, changes
        )
    )
    _show_token(changed, json)


@api_user.command
def token(owner: str, username: str, *, org: OfOrg = False, json: Json = False) -> None:
    """Draw a new token for an API user; the former one ends.

    Example: cyan product api-user token cold-chain USERNAME
    """
    changed = ask(
        lambda client: client.team(owner, of_organization=org).renew_token(username)
    )
    _show_token(changed, json)


@api_user.command(name="remove")
def remove_api_user(owner: str, username: str, *, org: OfOrg = False) -> None:
    """Remove an API user; its token ends.

    Example: cyan product api-user remove cold-chain USERNAME
    """
    ask(lambda client: client.team(owner, of_organization=org).remove(username))
    say(f"{username} is no longer in the team.")


client = App(name="client", help="OAuth clients of a product.", help_format="plaintext")


@client.command(name="list")
def list_clients(product: str, *, json: Json = False) -> None:
    """List a product's OAuth clients, without their secrets.

    Example: cyan product client list cold-chain
    """
    found = ask_product(product, lambda of: of.list_clients())
    if json:
        show_json(found)
        return
    columns = {"id": "id", "name": "name", "type": "type", "scope": "scope"}
    show_table(
        found, {**columns, "returns to": "redirect_uri"}, "There are no clients."
    )


@client.command(name="create")
def create_client(
    product: str,
    name: str,
    *,
    type: Literal["installed", "web"] = "installed",
    redirect_uri: str | None = None,
    scope: str | None = None,
    json: Json = False,
) -> None:
    """Make an OAuth client; its secret is shown once.

    One of type web has a --redirect-uri to return to.

    Example: cyan product client create cold-chain "Back end"
    """
    wishes = {"redirect_uri": redirect_uri, "scope": scope}
    wish = {key: given for key, given in wishes.items() if given is not None}
    made = ask_product(
        product, lambda of: of.create_client({"name": name, "type": type, **wish})
    )
    if json:
        show_json(made)
        return
    say(f"Client {made['id']} has this secret. {ONCE}")
    say(made["secret"])


@client.command(name="remove")
def remove_client(product: str, client_id: str) -> None:
    """Remove an OAuth client; the tokens that it was given end.

    Example: cyan product client remove cold-chain CLIENT_ID
    """
    ask_product(product, lambda of: of.remove_client(client_id))
    say(f"{client_id} is removed.")
