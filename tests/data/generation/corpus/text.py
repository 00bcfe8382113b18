def word_counts(text):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def is_palindrome(phrase):
    letters = [letter for letter in phrase.lower() if letter.isalpha()]
    return letters == letters[::-1]


def wrap_lines(words, width):
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line


def initials(full_name):
    parts = full_name.split()
    return "".join(part[0].upper() for part in parts)


def strip_comment(line, mark="#"):
    before, _, _ = line.partition(mark)
    return before.rstrip()
