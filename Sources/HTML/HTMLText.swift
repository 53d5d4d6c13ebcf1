extension String {
  /// The text as HTML shows it, in attributes too.
  package var htmlEscaped: String {
    var result = ""
    result.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// Bytes as text of RFC 4648, for pictures inside a page.
package func base64(_ bytes: some RandomAccessCollection<UInt8>) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text = [UInt8]()
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  var rest = bytes[...]
  while !rest.isEmpty {
    let group = rest.prefix(3)
    rest = rest.dropFirst(3)
    let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
    for place in 0..<4 {
      text.append(place <= group.count ? letters[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}

/// A picture's file as the address of an `img` element, or nil if it is no picture that browsers know.
package func dataAddress(_ bytes: some RandomAccessCollection<UInt8>) -> String? {
  let type: String
  if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
    type = "image/png"
  } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
    type = "image/jpeg"
  } else {
    return nil
  }
  return "data:\(type);base64,\(base64(bytes))"
}
