"""The number of an outside office's ticket is there once"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NUMBERED = sa.text("outside_number <> ''")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_case_outside", "case", ["outside_number"], unique=True, sqlite_where=NUMBERED, postgresql_where=NUMBERED
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_case_outside", "case")
