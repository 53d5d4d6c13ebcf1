import Glibc
import Tensors

/// CLIP's symmetric InfoNCE (Radford et al., 2021, figure 3): each picture picks its text among those of the batch, and
/// each text its picture.
///
/// - Parameters:
///   - images: `[batch, width]`, of length one.
///   - texts: `[batch, width]`, of length one.
///   - scale: the factor on cosine similarities, 1 / temperature; a scalar.
///   - positives: which pairs match, `[batch, batch]` with rows that sum to 1; the diagonal by default.
///   - smoothing: the share of the target that is spread over all pairs.
public func infoNCE(
  _ images: Tensor, _ texts: Tensor, scale: Tensor, positives: Positives = .diagonal, smoothing: Float = 0
) -> Tensor {
  guard images.rank == 2, images.shape == texts.shape else {
    fatalError("InfoNCE: images \(images.shape) with texts \(texts.shape)")
  }
  let logits = images.matmul(texts, transposingOther: true) * scale
  let transposed = logits.transposed
  switch positives {
  case .diagonal:
    let own = Tensor(ids: (0..<Int32(images.shape[0])).map { $0 }, [images.shape[0]])
    return
      (logits.softmaxCrossEntropy(own, smoothing: smoothing) + transposed.softmaxCrossEntropy(own, smoothing: smoothing))
      * 0.5
  case .shared(let matches):
    let (rows, columns) = matches.distributions(smoothing: smoothing)
    return
      (logits.softmaxCrossEntropy(probabilities: rows) + transposed.softmaxCrossEntropy(probabilities: columns)) * 0.5
  }
}

/// SigLIP's loss (Zhai et al., 2023, equation 1): each pair by itself is told to match or not.
public func pairwiseSigmoid(
  _ images: Tensor, _ texts: Tensor, scale: Tensor, bias: Tensor, positives: Positives = .diagonal
) -> Tensor {
  guard images.rank == 2, images.shape == texts.shape else {
    fatalError("sigmoid loss: images \(images.shape) with texts \(texts.shape)")
  }
  let batch = images.shape[0]
  let logits = images.matmul(texts, transposingOther: true) * scale + bias
  var signs = Tensor(repeating: -1, [batch, batch])
  for (row, column) in positives.pairs(batch) { signs.set(1, row, column) }
  // −log σ(±z) = softplus(∓z)
  return (-(logits * signs)).softplus().sum() / Float(max(1, batch))
}

/// Which pairs of a batch match.
public enum Positives: Sendable, Equatable {
  /// Picture i and text i, and no others.
  case diagonal
  /// Also other pairs: a picture stands in the batch with several captions, or a caption with several pictures. To call
  /// those negatives would teach the model that right answers are wrong.
  case shared(Matches)

  /// Finds equal pictures and equal texts in a batch.
  public init(_ batch: Batch) {
    let matches = Matches(batch)
    self = matches.isDiagonal ? .diagonal : .shared(matches)
  }

  fileprivate func pairs(_ batch: Int) -> [(Int, Int)] {
    switch self {
    case .diagonal: (0..<batch).map { ($0, $0) }
    case .shared(let matches): matches.pairs
    }
  }
}

/// The matching pairs of a batch with repeated pictures or texts.
public struct Matches: Sendable, Equatable {
  /// For each sample, a number that equal pictures share.
  let pictures: [Int]
  /// For each sample, a number that equal texts share.
  let texts: [Int]

  init(_ batch: Batch) {
    let count = batch.count
    pictures = batch.pictures.isEmpty ? Array(0..<count) : batch.pictures
    guard let ids = batch.ids, count > 0 else {
      texts = Array(0..<count)
      return
    }
    var numbers: [ArraySlice<Int32>: Int] = [:]
    let all = ids.ids
    let length = all.count / count
    texts = (0..<count).map { row in
      let text = all[row * length..<(row + 1) * length]
      let number = numbers[text] ?? numbers.count
      numbers[text] = number
      return number
    }
  }

  var isDiagonal: Bool { Set(pictures).count == pictures.count && Set(texts).count == texts.count }

  /// Samples match where they share the picture or the text.
  var pairs: [(Int, Int)] {
    var byPicture: [Int: [Int]] = [:]
    var byText: [Int: [Int]] = [:]
    for i in pictures.indices {
      byPicture[pictures[i], default: []].append(i)
      byText[texts[i], default: []].append(i)
    }
    return pictures.indices.flatMap { i in
      Set((byPicture[pictures[i]] ?? []) + (byText[texts[i]] ?? [])).sorted().map { (i, $0) }
    }
  }

  /// Target distributions over the texts for each picture and over the pictures for each text: even over the matches.
  func distributions(smoothing: Float) -> (rows: Tensor, columns: Tensor) {
    let count = pictures.count
    var rows = Tensor(repeating: smoothing / Float(max(1, count)), [count, count])
    let pairs = pairs
    var matches = [Float](repeating: 0, count: count)
    for (row, _) in pairs { matches[row] += 1 }
    for (row, column) in pairs {
      rows.set((1 - smoothing) / matches[row] + smoothing / Float(count), row, column)
    }
    // Matching is symmetric: texts see the same distributions as pictures.
    return (rows, rows)
  }
}

extension Tensor {
  fileprivate mutating func set(_ value: Float, _ row: Int, _ column: Int) {
    floats[row * shape[1] + column] = value
  }
}
