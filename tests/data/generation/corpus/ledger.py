def total_of(entries):
    total = 0
    for entry in entries:
        total += entry.amount
    return total


def overdue(invoices, today):
    unpaid = [invoice for invoice in invoices if not invoice.paid]
    return [invoice for invoice in unpaid if invoice.due < today]


def apply_discount(price, percent):
    if not 0 <= percent <= 100:
        raise ValueError("percent must be from 0 to 100")
    return price * (100 - percent) / 100


def monthly_rate(yearly_rate):
    return (1 + yearly_rate) ** (1 / 12) - 1


def split_evenly(cents, people):
    share, rest = divmod(cents, people)
    return [share + 1] * rest + [share] * (people - rest)
