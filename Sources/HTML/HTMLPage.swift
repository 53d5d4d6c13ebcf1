/// The frame of a self-contained page: nothing in it asks another machine for anything.
///
/// `policy`: what a browser may load at all, as a content security policy; `nil` leaves that to the page.
package func htmlPage(title: String, styleSheet: String, policy: String? = nil, body: String) -> String {
  let rule = policy.map { "\n<meta http-equiv=\"Content-Security-Policy\" content=\"\($0)\">" } ?? ""
  return """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">\(rule)
    <title>\(title.htmlEscaped)</title>
    <style>\(styleSheet)</style>
    </head>
    <body>
    \(body)
    </body>
    </html>

    """
}
