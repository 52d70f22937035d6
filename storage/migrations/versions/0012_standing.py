"""Until when an alert stands, and in what a clue fits it"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("alert", sa.Column("stands_until", UtcTime(timezone=True), nullable=True))
    op.add_column("sighting", sa.Column("agrees", sa.String(), nullable=False, server_default=""))
    op.add_column("sighting", sa.Column("differs", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo."""
    op.drop_column("sighting", "differs")
    op.drop_column("sighting", "agrees")
    op.drop_column("alert", "stands_until")
