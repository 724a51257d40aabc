//! `docs/parameters.md` says what the parameter table says. After a change of the table:
//! `BETWIXT_WRITE_DOCS=1 cargo test -p betwixt-engine --test parameters_doc`.

use betwixt_engine::params::{Kind, Param, TABLE};

const BEGIN: &str = "<!-- The table is written by engine/tests/parameters_doc.rs. -->\n";
const END: &str = "<!-- End of the table. -->\n";

fn table() -> String {
    let mut text = String::from("| id | name | range | default | | |\n| --- | --- | --- | --- | --- | --- |\n");
    for spec in TABLE {
        let (min, max) = spec.param.range();
        let range = match spec.kind {
            Kind::Choice(words) => words.join(", "),
            Kind::Switch => "Off, On".to_owned(),
            _ => format!("{} … {}", spec.param.format(min), spec.param.format(max)),
        };
        let marks = if spec.poly { "◆" } else { "" };
        let default = spec.param.format(spec.default);
        text += &format!("| `{}` | {} | {range} | {default} | {marks} | {} |\n", spec.id, spec.name, spec.help);
    }
    text
}

#[test]
fn the_page_says_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/parameters.md");
    let page = std::fs::read_to_string(path).expect("docs/parameters.md").replace("\r\n", "\n");
    let (head, rest) = page.split_once(BEGIN).expect("the page has the table's first mark");
    let (old, tail) = rest.split_once(END).expect("the page has the table's last mark");
    if std::env::var_os("BETWIXT_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{}{END}{tail}", table())).unwrap();
        return;
    }
    assert_eq!(old, table(), "run this test with BETWIXT_WRITE_DOCS=1");
}

/// The page's words about text are true.
#[test]
fn the_pages_examples_parse() {
    for (param, text, value) in [
        (Param::Attack, "250 ms", 0.25),
        (Param::Attack, "0.25", 0.25),
        (Param::Cutoff, "2.4k", 2400.0),
        (Param::Gain, "−∞", f64::NEG_INFINITY),
        (Param::Pan, "30L", -30.0),
        (Param::Pan, "-30 %", -30.0),
        (Param::X, "70 %", 0.7),
    ] {
        assert_eq!(param.parse(text).unwrap(), value, "{text}");
    }
}
