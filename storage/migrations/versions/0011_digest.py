"""A digest of each long message, to count in how many groups the same words were said"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; what was heard before is not counted."""
    op.add_column("inboxevent", sa.Column("digest", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_inbox_digest", "inboxevent", ["digest"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_inbox_digest", "inboxevent")
    op.drop_column("inboxevent", "digest")
