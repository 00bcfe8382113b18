def word_counts(text):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def is_palindrome(phrase):
    letters = [letter for letter in phrase.lower() if letter.isalpha()]
    return letters == letters[::-1]
