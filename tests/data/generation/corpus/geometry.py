def distance(first, second):
    dx = second[0] - first[0]
    dy = second[1] - first[1]
    return (dx * dx + dy * dy) ** 0.5


def clamp(value, low, high):
    return max(low, min(value, high))
