"""Notices in full"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _id(name: str, table: str, **more: bool) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{table}.id"), nullable=False, **more)


def upgrade() -> None:
    """Apply."""
    for column in (
        sa.Column("audience", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("plan_at", UtcTime(timezone=True), nullable=True),
        sa.Column("plan_words", sa.String(), nullable=False, server_default=""),
        sa.Column("receipt", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
    ):
        op.add_column("notice", column)
    op.create_table(
        "noticepicture", _id("notice_id", "notice", primary_key=True), _id("picture_id", "picture", primary_key=True)
    )
    op.create_table(
        "noticereceipt",
        _id("notice_id", "notice", primary_key=True),
        _id("contact_id", "contact", primary_key=True),
        _id("chat_id", "chat"),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
    )
    op.create_table(
        "noticetemplate",
        sa.Column("id", sa.Integer(), primary_key=True),
        _id("area_id", "area"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        _id("by_id", "contact"),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.UniqueConstraint("area_id", "name"),
    )


def downgrade() -> None:
    """Undo."""
    for table in ("noticetemplate", "noticereceipt", "noticepicture"):
        op.drop_table(table)
    for name in ("corrects_id", "receipt", "plan_words", "plan_at", "audience"):
        op.drop_column("notice", name)
