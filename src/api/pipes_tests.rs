use tokio::io::AsyncWriteExt;

use super::super::shell_files::MOST_ANSWER;
use super::*;

#[test]
fn a_question_ends_at_its_own_end() {
    let whole = b"ll gs\x001001\0end\0\0cursor=3\0end\0";
    for cut in 0..whole.len() {
        assert_eq!(end_of_question(&whole[..cut]), None, "{cut}");
    }
    assert_eq!(end_of_question(&[whole.as_slice(), b"more\0"].concat()), Some(whole.len()));
    assert_eq!(end_of_question(b"\x001\0end\0end\0end\0"), Some(15), "words and options may be anything");
}

#[test]
fn what_was_written_is_what_a_program_would_read() {
    let asked = |context: &[u8], counts_bytes| Some(Asked { turn: "1001".to_owned(), counts_bytes, context: context.to_vec() });
    for (written, expected) in [
        (&b"ll\ngs\x001001\0list files\0\0end\0"[..], asked(b"list files\0ll\ngs\0\0", false)),
        (b"\x001001\0 list\0nocomments\0cursor=3\0counts=bytes\0end\0", asked(b" list\0\0nocomments\0cursor=3\0counts=bytes\0", true)),
        (b"\x001001\0list\0counts=bytes\0end\0", asked(b"list\0\0counts=bytes\0", false)),
        (b"\0\0list\0\0end\0", None),
        (b"\x00-1\0list\0\0end\0", None),
        (b"\x00123456789\0list\0\0end\0", None),
        (b"\x0012\xff\0list\0\0end\0", None),
        (b"\x001\0list\0\0", None),
    ] {
        assert_eq!(Asked::read(written), expected, "{:?}", String::from_utf8_lossy(written));
    }
}

#[test]
fn an_answer_begins_with_its_number_and_its_length() {
    let asked = |counts_bytes| Asked { turn: "7".to_owned(), counts_bytes, context: Vec::new() };
    let records = |text: &str| {
        let mut records = Records::default();
        records.add("cmd", text, "a · b");
        records
    };
    let said = |counts_bytes, text: &str| String::from_utf8(asked(counts_bytes).answer(Some(records(text)))).unwrap();
    assert_eq!(said(false, "ls é"), "700015cmd\x1fls é\x1fa · b\x1f");
    assert_eq!(said(true, "ls é"), "700017cmd\x1fls é\x1fa · b\x1f");
    let start_the_program = "700013ask\x1f\x1f\x1fend\x1f0\x1f\x1f";
    for unfit in ["a\x1fb", "a\nb", "a\u{9b}b", &"x".repeat(MOST_ANSWER)] {
        assert_eq!(said(false, unfit), start_the_program);
    }
    assert_eq!(asked(false).answer(None), start_the_program.as_bytes());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_comes_in_drops_is_none() {
    let (mut shell, mut resident) = tokio::io::duplex(64);
    let dripping = tokio::spawn(async move {
        while shell.write_all(b"x").await.is_ok() {
            tokio::time::sleep(STALL_LIMIT / 4).await;
        }
    });
    let begun = Instant::now();
    let mut read = Vec::new();
    let came = tokio::time::timeout(STALL_LIMIT * 10, next(&mut resident, &mut read)).await;
    assert_eq!((came, begun.elapsed()), (Ok(None), STALL_LIMIT));
    drop(resident);
    dripping.await.unwrap();
    // Between two questions a shell may take as long as it likes.
    let (mut shell, mut resident) = tokio::io::duplex(64);
    let asks = tokio::spawn(async move {
        tokio::time::sleep(STALL_LIMIT * 100).await;
        shell.write_all(b"\x001\0ls\0\0end\0").await
    });
    assert!(next(&mut resident, &mut Vec::new()).await.is_some());
    asks.await.unwrap().unwrap();
}
