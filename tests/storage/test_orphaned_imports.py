"""What is left of the imports of a deleted product is forgotten bit by bit."""

from datetime import UTC, datetime

from tests.support.people import a_device_id

from cyan.interfaces import Page, Part, Store, Tx
from cyan.model.products import (
    Claiming,
    Import,
    ImportState,
    Plan,
    Product,
)

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def a_product(product_id: int) -> Product:
    return Product(
        id=product_id,
        platform_id=6,
        name=f"Product {product_id}",
        slug=f"product-{product_id}",
        description="",
        payer_id="a" * 24,
        organization_id=None,
        team_id=f"team-{product_id}",
        quarantine=True,
        claiming=Claiming.ANYONE,
        location_opt_in=False,
        known_application_opt_in=False,
        device_protection=False,
        plan=Plan.FREE,
        device_limit=0,
        created_at=NOW,
    )


def an_import(product_id: int, lines: int) -> Import:
    return Import(
        id=f"import-{product_id}",
        product_id=product_id,
        actor_id="a" * 24,
        username="ann@example.com",
        state=ImportState.DONE,
        dry_run=False,
        claim_for=None,
        visible_products=[],
        lines=lines,
        done=lines,
        part=0,
        reached="",
        counts={},
        reserved=0,
        refusal=None,
        effect=None,
        lease=None,
        leased_until=None,
        created_at=NOW,
        finished_at=NOW,
    )


async def test_only_imports_of_no_product_go_a_few_rows_at_a_time(
    store: Store,
) -> None:
    async def keep(tx: Tx) -> None:
        for product_id in (1001, 1002):
            await tx.products.add(a_product(product_id))
            record = an_import(product_id, 7)
            await tx.imports.add(record)
            for number in range(7):
                named = [a_device_id(number)]
                await tx.imports.add_page(record.id, number, Page(["line"], named))
                await tx.imports.add_part(record.id, number, Part(named, [number]))
        await tx.products.remove(1001)

    await store.transact(keep)
    steps = []
    while gone := await store.transact(lambda tx: tx.imports.remove_orphaned(3)):
        steps.append(gone)
        assert len(steps) < 9, "it comes to an end"
    assert sum(steps) == 7 + 7 + 1
    assert max(steps) == 3
    assert await store.read(lambda tx: tx.imports.find("import-1001")) is None
    assert await store.read(lambda tx: tx.imports.part("import-1001", 0)) is None
    assert await store.read(lambda tx: tx.imports.pages("import-1001", 0, 9)) == []
    assert await store.read(lambda tx: tx.imports.find("import-1002")) is not None
    assert await store.read(lambda tx: tx.imports.part("import-1002", 6)) is not None
    pages = await store.read(lambda tx: tx.imports.pages("import-1002", 0, 9))
    assert len(pages) == 7
