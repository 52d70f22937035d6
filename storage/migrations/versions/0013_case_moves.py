"""Cases move by one table: more states, and what the moves leave behind"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIMES = ("answer_due_at", "waits_until")
WORDS = {"source": "chat", "outside_number": "", "relayed_for": ""}
REFERRED = {"raised_id": "area", "merged_id": "case", "split_id": "case"}


def upgrade() -> None:
    """Apply; what was open or taken has no other past than that."""
    for name in TIMES:
        op.add_column("case", sa.Column(name, UtcTime(timezone=True), nullable=True))
    for name, value in WORDS.items():
        op.add_column("case", sa.Column(name, sa.String(), nullable=False, server_default=value))
    op.add_column("case", sa.Column("extended", sa.Integer(), nullable=False, server_default="0"))
    # In SQL, as Alembic would rebuild the table on SQLite, which the rows that refer to it forbid.
    for name, table in REFERRED.items():
        op.execute(f'ALTER TABLE "case" ADD COLUMN {name} INTEGER REFERENCES "{table}" (id)')
    op.create_index("ix_case_merged_id", "case", ["merged_id"])
    op.execute('ALTER TABLE casefollower ADD COLUMN via_id INTEGER REFERENCES "case" (id)')
    for table in ('"case"', "casestep"):
        op.execute(f"UPDATE {table} SET state = 'reported' WHERE state = 'open'")
        op.execute(f"UPDATE {table} SET state = 'accepted' WHERE state = 'taken'")
    op.execute("UPDATE \"case\" SET state = 'confirmed' WHERE state = 'closed' AND satisfied")


def downgrade() -> None:
    """Undo; the finer states become the nearest of the old ones."""
    for table in ('"case"', "casestep"):
        op.execute(f"UPDATE {table} SET state = 'open' WHERE state IN ('reported', 'assigned')")
        op.execute(
            f"UPDATE {table} SET state = 'taken' "
            "WHERE state IN ('accepted', 'in_progress', 'waiting', 'referred', 'reopened')"
        )
        op.execute(f"UPDATE {table} SET state = 'closed' WHERE state = 'confirmed'")
        op.execute(f"UPDATE {table} SET state = 'withdrawn' WHERE state = 'merged'")
    with op.batch_alter_table("casefollower") as batch_op:
        batch_op.drop_column("via_id")
    op.drop_index("ix_case_merged_id", "case")
    with op.batch_alter_table("case") as batch_op:
        for name in (*REFERRED, *WORDS, *TIMES, "extended"):
            batch_op.drop_column(name)
