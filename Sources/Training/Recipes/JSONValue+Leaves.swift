import JSON

extension JSONValue {
  /// The values that are no objects, in order, each with the keys that lead to it.
  var leaves: [(keys: [String], value: JSONValue)] {
    guard let object else { return [([], self)] }
    return object.members.flatMap { member in
      member.value.leaves.map { ([member.key] + $0.keys, $0.value) }
    }
  }

  /// The value that some keys lead to.
  subscript(keys: [String]) -> JSONValue? {
    keys.reduce(self) { value, key in value?[key] }
  }
}
