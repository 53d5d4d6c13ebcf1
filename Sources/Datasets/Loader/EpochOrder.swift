import Tensors

/// The order in which the samples of a set come in one epoch. Every place can be computed on its own, so a run resumes
/// anywhere at no cost.
///
/// - A set without ``DataSet/runs`` is shuffled exactly: every order is possible, and companions stay side by side.
/// - A set with runs (shards of archives) is shuffled in windows, so that a disk reads mostly forward: the runs are put in
///   random order one after the other, that sequence is cut into windows, and each window is shuffled exactly.
package struct EpochOrder: Sendable {
  private enum Order: Sendable {
    case given
    case exact(groups: Permutation, size: Int)
    /// `starts[i]` is the place where the i-th run of this epoch begins.
    case windowed(runs: [Range<Int>], starts: [Int], window: Int, Generator)
  }

  private let count: Int
  private let order: Order

  /// - Parameter generator: that of the epoch; nil keeps the order of the set.
  package init(of set: any DataSet, window: Int, _ generator: Generator?) {
    count = set.count
    guard let generator else {
      order = .given
      return
    }
    if set.runs.isEmpty {
      order = .exact(groups: Permutation(set.count / set.companions, generator), size: set.companions)
      return
    }
    var runs = set.runs
    var shuffler = generator.split(into: 0)
    shuffler.shuffle(&runs)
    var starts = [Int](), next = 0
    for run in runs {
      starts.append(next)
      next += run.count
    }
    order = .windowed(runs: runs, starts: starts, window: window, generator)
  }

  /// The index of the sample that comes at a place.
  package subscript(place: Int) -> Int {
    switch order {
    case .given: return place
    case .exact(let groups, let size):
      // What is left over when the groups are full comes last.
      return place / size < groups.count ? groups[place / size] * size + place % size : place
    case .windowed(let runs, let starts, let window, let generator):
      let first = place / window * window
      let inside = Permutation(min(window, count - first), generator.split(into: 1 + place / window))
      let place = first + inside[place - first]
      var low = 0, high = starts.count
      while high - low > 1 {
        let middle = (low + high) / 2
        if starts[middle] <= place { low = middle } else { high = middle }
      }
      return runs[low].lowerBound + place - starts[low]
    }
  }
}
