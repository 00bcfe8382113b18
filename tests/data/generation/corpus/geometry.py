def area_of_circle(radius):
    if radius < 0:
        raise ValueError("a radius is not negative")
    return 3.14159265 * radius**2


def distance(first, second):
    dx = second[0] - first[0]
    dy = second[1] - first[1]
    return (dx * dx + dy * dy) ** 0.5


def bounding_box(points):
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def clamp(value, low, high):
    return max(low, min(value, high))
