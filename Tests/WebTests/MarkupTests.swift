import Testing

@testable import Web

@Suite struct MarkupTests {
    @Test("text is escaped wherever it stands")
    func escaping() {
        let nasty = #"<script>alert("1 & 'x'")</script>"#
        let markup = tag("p", .named("title", nasty)) { nasty }
        #expect(
            markup.html
                == "<p title=\"&lt;script&gt;alert(&quot;1 &amp; &#39;x&#39;&quot;)&lt;/script&gt;\">"
                + "&lt;script&gt;alert(\"1 &amp; 'x'\")&lt;/script&gt;</p>")
    }

    @Test("control characters become the replacement character, line ends and other scripts stay")
    func controls() {
        #expect(tag("p") { "a\u{0}b\u{1B}[31m\nü 東京 \u{7F}" }.html == "<p>a\u{FFFD}b\u{FFFD}[31m\nü 東京 \u{FFFD}</p>")
    }

    @Test("void elements have no end, flags have no value, missing pieces leave nothing")
    func forms() {
        let missing: Markup? = nil
        let markup = tag("form") {
            tag("input", .named("name", "q"), .flag("required"))
            missing
            for number in 1...2 { tag("b") { "\(number)" } }
        }
        #expect(markup.html == "<form><input name=\"q\" required><b>1</b><b>2</b></form>")
    }

    @Test("links are encoded part by part and stay on this server")
    func links() {
        #expect(Link().text == "/")
        #expect(Link("rollouts", "a/../b?c#d").text == "/rollouts/a%2F..%2Fb%3Fc%23d")
        #expect(
            Link("fleet", query: [("q", "ü & x=1"), ("state", "all")]).text == "/fleet?q=%C3%BC%20%26%20x%3D1&state=all"
        )
        #expect(Link(local: "/rollouts/r-1")?.text == "/rollouts/r-1")
        for elsewhere in [
            "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "",
        ] {
            #expect(Link(local: elsewhere) == nil)
        }
    }
}
