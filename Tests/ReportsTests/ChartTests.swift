import Reports
import Testing

@Suite struct ChartTests {
  @Test func thinningKeepsSpikes() {
    var values = (0..<10_000).map { Double($0 % 10) }
    values[7_777] = 99
    values[3_333] = -99
    let points = values.enumerated().map { Point(Double($0.offset), $0.element) }
    let thin = Series("s", points).thinned(to: 100)
    #expect(thin.points.count <= 100)
    #expect(thin.points.contains(Point(7_777, 99)))
    #expect(thin.points.contains(Point(3_333, -99)))
    #expect(zip(thin.points, thin.points.dropFirst()).allSatisfy { $0.x < $1.x })
    #expect(Series("s", Array(points.prefix(50))).thinned(to: 100).points == Array(points.prefix(50)))
    #expect(Series("s", [Point(0, .nan), Point(1, 2)]).thinned(to: 100).points == [Point(1, 2)])
  }

  @Test func theTrendOfALineIsTheLine() {
    let points = (0..<1_000).map { (i: Int) -> Point in
      let noise: Double = i % 2 == 0 ? 1 : -1
      return Point(Double(i), 3 * Double(i) + noise)
    }
    for point in Series("s", points).smoothed().points.dropFirst().dropLast() {
      #expect(abs(point.y - 3 * point.x) < 1)
    }
    #expect(Series("s", Array(points.prefix(9))).smoothed().points == Array(points.prefix(9)))
  }

  @Test(
    arguments: [
      ([0.0, 1], [0.0, 0.2, 0.4, 0.6, 0.8, 1]), ([0, 1500], [0, 500, 1000, 1500]), ([-3, 3], [-2, 0, 2]),
      ([5, 5], [4.6, 4.8, 5, 5.2, 5.4]), ([0, 0], [-0.1, -0.05, 0, 0.05, 0.1]), ([], [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ] as [([Double], [Double])]) func ticksAreRound(_ values: [Double], _ ticks: [Double])
  {
    let axis = Axis(values, labels: 5)
    #expect(axis.ticks.count == ticks.count, "\(axis.ticks)")
    for (a, b) in zip(axis.ticks, ticks) { #expect(abs(a - b) < 1e-9, "\(axis.ticks)") }
  }

  @Test func logarithmicTicks() {
    #expect(Axis([1e-6, 1], labels: 5, isLogarithmic: true).ticks.count >= 4)
    #expect(Axis([1, 50], labels: 5, isLogarithmic: true).ticks == [1, 2, 5, 10, 20, 50])
    #expect(Axis([-1, 50], labels: 5, isLogarithmic: true).isLogarithmic == false)
    #expect(Axis([1, 100], labels: 5, isLogarithmic: true).place(10) == 0.5)
  }

  @Test func strangeValuesDrawSomething() {
    let strange: [[Double]] = [
      [], [.nan], [.infinity, 1], [0, 0, 0], [1e308, -1e308], [.leastNonzeroMagnitude, 1], [5],
    ]
    for values in strange {
      for logarithmic in [false, true] {
        let points = values.enumerated().map { Point(Double($0.offset), $0.element) }
        let svg = Chart("a <b> & \"c\"", [Series("s", points)], marks: [Mark(0, "<x>")], logarithmic: logarithmic).svg
        #expect(svg.hasPrefix("<figure>") && svg.hasSuffix("</figure>"))
        #expect(!svg.contains("<b>") && !svg.contains("<x>") && !svg.contains("NaN"))
      }
    }
  }
}
