import Files

/// The command line.
@main
struct Diptych {
  static func main() {
    print("diptych 0.1.0")
  }
}
