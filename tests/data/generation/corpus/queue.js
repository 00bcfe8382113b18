function createQueue(limit) {
  const items = [];
  return {
    push(item) {
      if (items.length >= limit) {
        throw new Error("the queue is full");
      }
      items.push(item);
    },
    pop: () => items.shift(),
  };
}

function debounce(callback, delay) {
  let timer = null;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => callback(...values), delay);
  };
}

function groupBy(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}
