"""A post that a due thing caused says which"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("post", sa.Column("due", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo."""
    op.drop_column("post", "due")
