/// Minimizes a smooth function (Nocedal & Wright, "Numerical optimization", algorithm 7.5): the inverse Hessian is what
/// the last `memory` steps and changes of the gradient tell of it.
package struct LBFGS {
  /// How many steps are remembered.
  package var memory = 10
  /// The most steps.
  package var iterations = 1000
  /// It has converged when no component of the gradient is larger than this.
  package var tolerance = 3e-6

  /// A minimizer.
  package init() {}

  /// The point where it stopped. `function` returns the value at a point and writes the gradient there.
  package func minimize(from start: [Double], _ function: ([Double], inout [Double]) -> Double) -> [Double] {
    var x = start
    var gradient = [Double](repeating: 0, count: x.count)
    var value = function(x, &gradient)
    var history: [(step: [Double], change: [Double], curvature: Double)] = []
    var (next, nextGradient) = (x, gradient)
    for iteration in 0..<iterations {
      if (gradient.lazy.map(\.magnitude).max() ?? 0) <= tolerance { break }
      var direction = Self.direction(gradient, history)
      var slope = dot(direction, gradient)
      if slope >= 0 {
        // Rounding has spoilt what is remembered.
        history = []
        direction = gradient.map { -$0 }
        slope = dot(direction, gradient)
      }
      // Without any memory, the first step is of length one at most.
      var size = history.isEmpty && iteration == 0 ? min(1, 1 / (-slope).squareRoot()) : 1
      var found = false
      // Armijo's condition with room for rounding, halving: enough for a convex function.
      for _ in 0..<40 {
        for i in x.indices { next[i] = x[i] + size * direction[i] }
        let nextValue = function(next, &nextGradient)
        if nextValue <= value + 1e-4 * size * slope {
          value = nextValue
          found = true
          break
        }
        size /= 2
      }
      guard found else { break }
      let step = zip(next, x).map { $0 - $1 }
      let change = zip(nextGradient, gradient).map { $0 - $1 }
      let curvature = dot(step, change)
      if curvature > 1e-12 * dot(change, change).squareRoot() * dot(step, step).squareRoot() {
        history.append((step, change, curvature))
        if history.count > memory { history.removeFirst() }
      }
      swap(&x, &next)
      swap(&gradient, &nextGradient)
    }
    return x
  }

  /// The two loops of algorithm 7.4.
  private static func direction(
    _ gradient: [Double], _ history: [(step: [Double], change: [Double], curvature: Double)]
  ) -> [Double] {
    var q = gradient
    var factors: [Double] = []
    for pair in history.reversed() {
      let factor = dot(pair.step, q) / pair.curvature
      add(-factor, pair.change, to: &q)
      factors.append(factor)
    }
    if let last = history.last {
      let scale = last.curvature / dot(last.change, last.change)
      for i in q.indices { q[i] *= scale }
    }
    for (pair, factor) in zip(history, factors.reversed()) {
      add(factor - dot(pair.change, q) / pair.curvature, pair.step, to: &q)
    }
    return q.map { -$0 }
  }

  private static func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
    for i in b.indices { b[i] += factor * a[i] }
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}
