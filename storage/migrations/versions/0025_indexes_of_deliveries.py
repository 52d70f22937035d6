"""Fewer entries of indexes for each delivery: none where the column is empty, and none that another index has"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OF_POSTS = ("postpart", "delivery")
"""Tables with a unique index that begins with the post."""


def upgrade() -> None:
    """Apply."""
    _anew("deliverypart", "ix_part_external", ["external_id", "account_id"], sa.text("external_id IS NOT NULL"))
    _anew("deliverypart", "ix_part_sent", ["account_id", "tried_at"], sa.text("tried_at IS NOT NULL"))
    _anew("delivery", "ix_delivery_after_id", ["after_id"], sa.text("after_id IS NOT NULL"))
    for table in OF_POSTS:
        op.drop_index(f"ix_{table}_post_id", table)


def downgrade() -> None:
    """Undo."""
    for table in OF_POSTS:
        op.create_index(f"ix_{table}_post_id", table, ["post_id"])
    _anew("delivery", "ix_delivery_after_id", ["after_id"])
    _anew("deliverypart", "ix_part_sent", ["account_id", "tried_at"])
    _anew("deliverypart", "ix_part_external", ["account_id", "external_id"])


def _anew(table: str, name: str, columns: list[str], only: sa.TextClause | None = None) -> None:
    op.drop_index(name, table)
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
