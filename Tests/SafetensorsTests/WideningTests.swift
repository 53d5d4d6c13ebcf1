import Safetensors
import Testing

@Suite struct WideningTests {
  @Test func everyHalfWidensExactlyAndComesBack() {
    for bits in UInt16.min ... .max {
      let value = widenHalf(bits)
      let reference = Float(Float16(bitPattern: bits))
      if reference.isNaN {
        #expect(value.isNaN)
      } else {
        #expect(value.bitPattern == reference.bitPattern)
        #expect(narrowToHalf(value) == bits)
      }
    }
  }

  @Test func narrowingRoundsToNearestEven() {
    // Every 997th single, and the values around all halves' midpoints.
    for bits in stride(from: UInt32.min, to: .max, by: 99_991) {
      let value = Float(bitPattern: bits)
      guard !value.isNaN else {
        #expect(widenHalf(narrowToHalf(value)).isNaN)
        continue
      }
      #expect(narrowToHalf(value) == Float16(value).bitPattern)
    }
    for bits in UInt16(0)..<0x7C00 {
      let middle = (Float(Float16(bitPattern: bits)) + Float(Float16(bitPattern: bits + 1))) / 2
      for value in [middle.nextDown, middle, middle.nextUp, -middle] where bits < 0x7BFF {
        #expect(narrowToHalf(value) == Float16(value).bitPattern)
      }
    }
    #expect(narrowToHalf(65519.996) == 0x7BFF)
    #expect(narrowToHalf(65520) == 0x7C00)
  }

  @Test func bfloat16RoundsToNearestEven() {
    #expect(narrowToBFloat16(1) == 0x3F80)
    #expect(narrowToBFloat16(Float(bitPattern: 0x3F80_8000)) == 0x3F80)
    #expect(narrowToBFloat16(Float(bitPattern: 0x3F81_8000)) == 0x3F82)
    #expect(narrowToBFloat16(Float(bitPattern: 0x3F80_8001)) == 0x3F81)
    #expect(narrowToBFloat16(.infinity) == 0x7F80)
    #expect(narrowToBFloat16(-.greatestFiniteMagnitude) == 0xFF80)
    #expect(Float(bitPattern: UInt32(narrowToBFloat16(Float(bitPattern: 0x7F80_0001))) << 16).isNaN)
  }
}
