def total_of(entries):
    total = 0
    for entry in entries:
        total += entry.amount
    return total


def split_evenly(cents, people):
    share, rest = divmod(cents, people)
    return [share + 1] * rest + [share] * (people - rest)
