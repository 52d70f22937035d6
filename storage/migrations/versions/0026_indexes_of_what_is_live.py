"""What is open or was touched lately is found beside any number of old cases"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MADE = {
    "ix_case_chat": ("case", ["chat_id", "state", "updated_at"]),
    "ix_case_reporter": ("case", ["reporter_id", "state", "updated_at"]),
    "ix_casefollower_contact": ("casefollower", ["contact_id", "at"]),
}

FEW = (
    ("ix_case_danger", ["kind", "updated_at"], "kind = 'emergency'"),
    ("ix_case_quiet", ["reporter_id"], "quiet"),
)
"""Indexes of few of the cases."""


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_case_chat", "case")
    op.drop_index("ix_case_reporter_id", "case")
    for name, (table, columns) in MADE.items():
        op.create_index(name, table, columns)
    for name, columns, only in FEW:
        op.create_index(name, "case", columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def downgrade() -> None:
    """Undo."""
    for name, _, _ in FEW:
        op.drop_index(name, "case")
    for name, (table, _) in MADE.items():
        op.drop_index(name, table)
    op.create_index("ix_case_reporter_id", "case", ["reporter_id"])
    op.create_index("ix_case_chat", "case", ["chat_id", "state"])
