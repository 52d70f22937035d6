"""The indexes of what chat systems call our messages, and when they were sent, hold nothing that only waits"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _anew("ix_part_external", ["external_id", "account_id"], sa.text("external_id IS NOT NULL"))
    _anew("ix_part_sent", ["account_id", "tried_at"], sa.text("tried_at IS NOT NULL"))


def downgrade() -> None:
    """Undo."""
    _anew("ix_part_external", ["account_id", "external_id"])
    _anew("ix_part_sent", ["account_id", "tried_at"])


def _anew(name: str, columns: list[str], only: sa.TextClause | None = None) -> None:
    op.drop_index(name, "deliverypart")
    op.create_index(name, "deliverypart", columns, sqlite_where=only, postgresql_where=only)
