"""Since when an account sends"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; an account that has sent before is as old as its first send."""
    op.add_column("account", sa.Column("started_at", UtcTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE account SET started_at ="
        " (SELECT min(tried_at) FROM deliverypart WHERE deliverypart.account_id = account.id)"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("account", "started_at")
