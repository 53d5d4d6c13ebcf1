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
  let targets = positives.targets(0..<images.shape[0], of: images.shape[0], smoothing: smoothing)
  // Matching is symmetric: texts see the same targets as pictures.
  return (targets.crossEntropy(logits) + targets.crossEntropy(logits.transposed)) * 0.5
}

/// What some rows contribute to ``infoNCE(_:_:scale:positives:smoothing:)``: their pictures among all texts, and their
/// texts among all pictures.
public func infoNCE(
  _ images: Tensor, _ texts: Tensor, scale: Tensor, positives: Positives = .diagonal, smoothing: Float = 0,
  dueTo rows: Range<Int>
) -> Tensor {
  let count = images.shape[0]
  let targets = positives.targets(rows, of: count, smoothing: smoothing)
  func oneWay(_ queries: Tensor, _ others: Tensor) -> Tensor {
    targets.crossEntropy(queries.sliced(rows).matmul(others, transposingOther: true) * scale)
  }
  return (oneWay(images, texts) + oneWay(texts, images)) * (0.5 * Float(rows.count) / Float(count))
}

/// SigLIP's loss (Zhai et al., 2023, equation 1): each pair by itself is told to match or not.
///
/// `rows`: the pictures whose pairs count; all by default.
public func pairwiseSigmoid(
  _ images: Tensor, _ texts: Tensor, scale: Tensor, bias: Tensor, positives: Positives = .diagonal,
  dueTo rows: Range<Int>? = nil
) -> Tensor {
  guard images.rank == 2, images.shape == texts.shape else {
    fatalError("sigmoid loss: images \(images.shape) with texts \(texts.shape)")
  }
  let batch = images.shape[0]
  let rows = rows ?? 0..<batch
  let logits = images.sliced(rows).matmul(texts, transposingOther: true) * scale + bias
  var signs = Tensor(repeating: -1, [rows.count, batch])
  for (row, column) in positives.pairs(rows) { signs.set(1, row - rows.lowerBound, column) }
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

  fileprivate func pairs(_ rows: Range<Int>) -> [(Int, Int)] {
    switch self {
    case .diagonal: rows.map { ($0, $0) }
    case .shared(let matches): matches.pairs(rows)
    }
  }

  /// What each of some rows should find among all samples of the batch.
  fileprivate func targets(_ rows: Range<Int>, of count: Int, smoothing: Float) -> Targets {
    switch self {
    case .diagonal: .own(Tensor(ids: rows.map { Int32($0) }, [rows.count]), smoothing: smoothing)
    case .shared(let matches): .distributions(matches.distributions(rows, smoothing: smoothing))
    }
  }
}

/// What rows of similarities should be.
private enum Targets {
  /// One sample each.
  case own(Tensor, smoothing: Float)
  /// Several samples each, `[rows, batch]`.
  case distributions(Tensor)

  func crossEntropy(_ logits: Tensor) -> Tensor {
    switch self {
    case .own(let ids, let smoothing): logits.softmaxCrossEntropy(ids, smoothing: smoothing)
    case .distributions(let probabilities): logits.softmaxCrossEntropy(probabilities: probabilities)
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
  func pairs(_ rows: Range<Int>) -> [(Int, Int)] {
    var byPicture: [Int: [Int]] = [:]
    var byText: [Int: [Int]] = [:]
    for i in pictures.indices {
      byPicture[pictures[i], default: []].append(i)
      byText[texts[i], default: []].append(i)
    }
    return rows.flatMap { i in
      Set((byPicture[pictures[i]] ?? []) + (byText[texts[i]] ?? [])).sorted().map { (i, $0) }
    }
  }

  /// For some rows, distributions over all samples that are even over the matches.
  func distributions(_ rows: Range<Int>, smoothing: Float) -> Tensor {
    let count = pictures.count
    var distributions = Tensor(repeating: smoothing / Float(max(1, count)), [rows.count, count])
    let pairs = pairs(rows)
    var matches = [Float](repeating: 0, count: count)
    for (row, _) in pairs { matches[row] += 1 }
    for (row, column) in pairs {
      distributions.set((1 - smoothing) / matches[row] + smoothing / Float(count), row - rows.lowerBound, column)
    }
    return distributions
  }
}

extension Tensor {
  fileprivate mutating func set(_ value: Float, _ row: Int, _ column: Int) {
    floats[row * shape[1] + column] = value
  }
}
