"""A table's plan, refined by what a request asks for beside its query."""

from collections.abc import Sequence

import attrs

from altus4_core.filters import Misfit
from altus4_core.orders import is_by_relevance
from altus4_core.records import Notice, SearchRequest
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.values import is_shown
from altus4_search_fulltext.wishes.columns import Columns
from altus4_search_fulltext.wishes.facets import facets_of
from altus4_search_fulltext.wishes.fields import fields_of
from altus4_search_fulltext.wishes.filtering import condition_of
from altus4_search_fulltext.wishes.sorting import in_one_order, order_of

_GREATEST = 1e308


@attrs.frozen
class Refined:
    """A plan as a request wants it, and what of the request does not fit the table.

    Attributes:
        plan: The table's; its notices tell of what is only left out.
        misfits: All.
        skipped: Those for which the table is not searched.
    """

    plan: TablePlan
    misfits: tuple[Misfit, ...] = ()
    skipped: tuple[Misfit, ...] = ()


def is_plain(request: SearchRequest) -> bool:
    """Say whether a request asks for nothing that changes the statements of a table."""
    return (
        request.filters is None
        and request.fields is None
        and is_by_relevance(request.sort)
        and not request.facets
        and (request.highlight is None or request.highlight.columns is None)
    )


def refined(plan: TablePlan, request: SearchRequest, *, case_sensitive: bool) -> Refined:
    """Fit a request's wishes to a table, and to its plan with several indexes if there is one.

    Args:
        plan: Of the table.
        request: With wishes.
        case_sensitive: Whether the server tells tables by case.
    """
    columns = Columns(plan.table, case_sensitive)
    misfits: list[Misfit] = []
    if request.filters is not None:
        condition, wrong = condition_of(request.filters, columns)
        plan = attrs.evolve(plan, condition=condition)
        misfits += wrong
    if request.fields is not None:
        shown, wrong = fields_of(request.fields, columns)
        misfits += wrong
        hidden = [column for column in plan.table.columns if column not in shown and is_shown(column)]
        # Matches are looked for in the index's columns; ids of a table without a key are made of all.
        unseen = [column for column in hidden if column.name in plan.index.columns or not plan.key]
        plan = attrs.evolve(plan, shown=shown, unseen=tuple(unseen))
    if not is_by_relevance(request.sort):
        order, wrong = order_of(request.sort, columns)
        misfits += wrong
        plan = attrs.evolve(plan, order=order, least=_least(request.min_score))
    skipped = tuple(misfit for misfit in misfits if misfit.concerned)
    if request.highlight is not None and request.highlight.columns is not None:
        marked, wrong = fields_of(request.highlight.columns, columns, "highlight.columns")
        told = notices_of(wrong, f"Nothing is marked for it in table '{plan.table.name}'")
        plan = attrs.evolve(plan, marked=frozenset(column.name for column in marked), notices=(*plan.notices, *told))
        misfits += wrong
    if request.facets:
        facets, wrong = facets_of(request.facets, columns)
        told = notices_of(wrong, f"Nothing is counted for it in table '{plan.table.name}'")
        plan = attrs.evolve(plan, facets=facets, notices=(*plan.notices, *told))
        misfits += wrong
    if plan.joint is not None and not skipped:
        plan = attrs.evolve(plan, joint=refined(plan.joint, request, case_sensitive=case_sensitive).plan)
    return Refined(plan, tuple(misfits), skipped)


def sorted_alike(plans: Sequence[TablePlan]) -> Sequence[TablePlan]:
    """Give the plans of all tables of a search in orders that compare; see `in_one_order`."""
    if len(plans) < 2 or not plans[0].order:
        return plans
    orders = in_one_order([plan.order for plan in plans])
    return [
        attrs.evolve(plan, order=order, joint=plan.joint and attrs.evolve(plan.joint, order=order))
        for plan, order in zip(plans, orders, strict=True)
    ]


def skipped_notices(table: str, misfits: tuple[Misfit, ...]) -> tuple[Notice, ...]:
    """Give the warnings that a table was skipped."""
    return notices_of(misfits, f"Table '{table}' was skipped")


def notices_of(misfits: Sequence[Misfit], outcome: str) -> tuple[Notice, ...]:
    """Give the warnings about misfits that concern the table, each with what came of it."""
    return tuple(
        Notice(misfit.code.upper(), f"{outcome}: {_ended(misfit.message)}", {"field": misfit.place})
        for misfit in misfits
        if misfit.concerned
    )


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith("?") else f"{sentence}."


def _least(min_score: float | None) -> float | None:
    """Give the server's score that `min_score` means in an order by columns, where s stands for s / (1 + s)."""
    if not min_score:
        return None
    return min_score / (1 - min_score) if min_score < 1 else _GREATEST
