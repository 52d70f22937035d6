"""The circle of an alert beyond its own town"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; an alert that is out goes on growing from where it is."""
    op.add_column("alert", sa.Column("beyond", sa.String(), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("widening", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Undo."""
    op.drop_column("alert", "widening")
    op.drop_column("alert", "beyond")
