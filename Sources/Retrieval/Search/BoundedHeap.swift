/// The greatest `limit` of the elements that were offered: a heap with the least of them on top.
struct BoundedHeap<Element: Comparable> {
  private let limit: Int
  /// The elements, in no particular order but for the least, which comes first.
  private(set) var elements: [Element] = []

  init(limit: Int) {
    self.limit = limit
    elements.reserveCapacity(min(limit, 1024))
  }

  /// The least that is kept, once there are `limit`: what is not above it won't be kept.
  var least: Element? { elements.count < limit ? nil : elements.first }

  mutating func offer(_ element: Element) {
    if elements.count < limit {
      elements.append(element)
      var place = elements.count - 1
      while place > 0, elements[place] < elements[(place - 1) / 2] {
        elements.swapAt(place, (place - 1) / 2)
        place = (place - 1) / 2
      }
    } else if let least = elements.first, least < element {
      elements[0] = element
      var place = 0
      while 2 * place + 1 < elements.count {
        var below = 2 * place + 1
        if below + 1 < elements.count, elements[below + 1] < elements[below] { below += 1 }
        guard elements[below] < elements[place] else { break }
        elements.swapAt(place, below)
        place = below
      }
    }
  }
}
