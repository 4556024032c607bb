//! The picture in the README: a session in a real zsh with the real binary, drawn as an SVG. What takes its time is not drawn, so that
//! the same version draws the same bytes.
//!
//! `GPTOS_TEST_PICTURE=write cargo test --test shells picture` draws it anew.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::terminal::{Setup, Shell, Terminal};

const COLUMNS: usize = 112;
const ROWS: usize = 2;
/// Of one character, in pixels.
const WIDTH: f64 = 8.5;
const HEIGHT: f64 = 22.0;
const MARGIN: f64 = 18.0;
/// How long one moment is shown.
const SECONDS: usize = 4;
const NOTE_MARKS: [&str; 2] = ["● ", "gptos: "];

/// What the screen shows at one moment: rows of pieces of one colour, and the cursor's column in the first row.
struct Moment {
    rows: Vec<Vec<(String, &'static str)>>,
    cursor: usize,
}

fn session() -> Vec<Moment> {
    let runtime = tempfile::Builder::new().prefix("gptos-picture").tempdir().unwrap();
    fs::set_permissions(runtime.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_gptos"));
    let env = vec![("XDG_RUNTIME_DIR".to_owned(), runtime.path().display().to_string())];
    let rc = "GPTOS_GHOST=0; source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh".to_owned();
    let t = Terminal::start(Shell::Zsh, Setup { bin: bin.clone(), env, rc, columns: COLUMNS as u16, rows: 12, ..Setup::default() });
    // The line of help comes with the first answer alone, and that is not the one to be seen.
    t.type_text("?? list files by size");
    t.key("Enter");
    t.wait_for_buffer(|buffer| buffer.starts_with("ls "));
    t.key("C-u");
    t.wait_for_buffer(str::is_empty);
    t.key("C-l");
    thread::sleep(Duration::from_millis(700));
    let mut moments = Vec::new();
    t.type_text("?? find files bigger than 100 MB changed this week");
    t.wait_for_buffer(|buffer| buffer.ends_with("week"));
    moments.push(moment(&t));
    t.key("Enter");
    t.wait_for_buffer(|buffer| buffer.starts_with("find "));
    t.wait_for_screen("risk");
    moments.push(moment(&t));
    t.type_text(" ?? but only pdf files");
    t.wait_for_buffer(|buffer| buffer.ends_with("pdf files"));
    moments.push(moment(&t));
    // An Enter is ignored for a moment after a command appeared.
    thread::sleep(Duration::from_millis(700));
    t.key("Enter");
    t.wait_for_buffer(|buffer| buffer.contains(".pdf"));
    t.wait_for_screen("risk");
    moments.push(moment(&t));
    let mut stop = std::process::Command::new(bin);
    let _ = stop.args(["daemon", "stop"]).env("XDG_RUNTIME_DIR", runtime.path()).stderr(std::process::Stdio::null()).status();
    moments
}

fn moment(t: &Terminal) -> Moment {
    t.wait_until_idle();
    let cursor = t.cursor() + 2;
    let screen = t.coloured_screen().replace("[1]> ", "$ ");
    let rows = screen.lines().filter(|line| !line.trim().is_empty()).take(ROWS).map(pieces).collect();
    Moment { rows, cursor }
}

/// A row with its colours. Times are made the same.
fn pieces(row: &str) -> Vec<(String, &'static str)> {
    let (mut found, mut colour) = (Vec::new(), "#d8dee9");
    let mut parts = row.split('\x1b');
    found.push((parts.next().unwrap_or_default().to_owned(), colour));
    for part in parts {
        let (codes, text) = part.strip_prefix('[').and_then(|part| part.split_once('m')).unwrap_or(("", part));
        for code in codes.split(';') {
            colour = match code {
                "" | "0" | "39" => "#d8dee9",
                "31" | "91" => "#e06c75",
                "32" | "92" => "#98c379",
                "33" | "93" => "#e5c07b",
                "34" | "94" => "#61afef",
                "35" | "95" => "#c678dd",
                "36" | "96" => "#56b6c2",
                "2" | "90" => "#7f8794",
                _ => colour,
            };
        }
        found.push((text.trim_start_matches(['(', 'B', '\x0f']).to_owned(), colour));
    }
    for (text, _) in &mut found {
        *text = steady(text);
    }
    found.retain(|(text, _)| !text.is_empty());
    found
}

/// `319 ms` and `0.8 ms` are `1 ms`.
fn steady(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let number = |word: &str| word.parse::<f64>().is_ok();
    let kept = words.iter().enumerate().map(|(at, word)| if number(word) && words.get(at + 1) == Some(&"ms") { "1" } else { word });
    kept.collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn drawn(moments: &[Moment]) -> String {
    let (width, height) = (COLUMNS as f64 * WIDTH + 2.0 * MARGIN, ROWS as f64 * HEIGHT + 2.0 * MARGIN);
    let all = moments.len() * SECONDS;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>Words become a command in the shell line; what it does and risks stands below it</title>\n<style>\n\
         text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; }}\n\
         g {{ opacity: 0; animation: moment {all}s step-end infinite; }}\n"
    );
    let share = 100.0 / moments.len() as f64;
    let _ = writeln!(svg, "@keyframes moment {{ 0% {{ opacity: 1; }} {share:.3}% {{ opacity: 0; }} 100% {{ opacity: 0; }} }}");
    for at in 0..moments.len() {
        let _ = writeln!(svg, "#m{at} {{ animation-delay: {}s; }}", at * SECONDS);
    }
    svg.push_str("@media (prefers-reduced-motion: reduce) { g { animation: none; } #m1 { opacity: 1; } }\n</style>\n");
    let _ = writeln!(svg, "<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1f2430\"/>");
    for (at, moment) in moments.iter().enumerate() {
        let _ = writeln!(svg, "<g id=\"m{at}\">");
        let _ = writeln!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{WIDTH}\" height=\"18\" fill=\"#d8dee9\" opacity=\"0.6\"/>",
            MARGIN + moment.cursor as f64 * WIDTH,
            MARGIN + 2.0
        );
        for (row, pieces) in moment.rows.iter().enumerate() {
            let length: usize = pieces.iter().map(|(text, _)| text.chars().count()).sum();
            let y = MARGIN + (row as f64 + 0.75) * HEIGHT;
            let _ =
                write!(svg, "<text x=\"{MARGIN}\" y=\"{y}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">", length as f64 * WIDTH);
            for (text, colour) in pieces {
                let _ = write!(svg, "<tspan fill=\"{colour}\">{}</tspan>", escaped(text));
            }
            svg.push_str("</text>\n");
        }
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

/// The rows of a picture without colours, and without what the messages say, which changes more often than what a person does.
fn lines(svg: &str) -> Vec<String> {
    let rows = svg.lines().filter(|line| line.starts_with("<text"));
    let plain = rows.map(|row| row.split('>').filter_map(|part| part.split_once('<').map(|(text, _)| text)).collect::<String>());
    plain.filter(|row| !NOTE_MARKS.iter().any(|mark| row.starts_with(mark))).collect()
}

#[test]
fn the_picture_shows_what_a_session_is_like() {
    let moments = session();
    let svg = drawn(&moments);
    assert_eq!(moments.len(), 4);
    assert!(moments.iter().all(|moment| !moment.rows.is_empty()), "{svg}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/demo.svg");
    if std::env::var("GPTOS_TEST_PICTURE").is_ok_and(|what| what == "write") {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &svg).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(lines(&kept), lines(&svg), "draw it anew: GPTOS_TEST_PICTURE=write cargo test --test shells picture");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains("(.github/demo.svg)"));
}
