extension SafetensorsFolder {
  /// The first tensors that hold NaN or infinite numbers, in the order of the files.
  public func tensorsThatAreNotFinite(most count: Int) throws -> [String] {
    var names: [String] = []
    for tensor in tensors where names.count < count && tensor.type.isFloatingPoint {
      if try !floats(tensor.name).allSatisfy(\.isFinite) { names.append(tensor.name) }
    }
    return names
  }
}
