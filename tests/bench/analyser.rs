//! How long the analyser takes for a line, in a process that has read its rules already, as the resident has.

use std::time::{Duration, Instant};

use gptos::domain::ShellKind;
use gptos::validate::{Policy, check};

/// Lines as people run them, when no file of others is named.
const LINES: [&str; 12] = [
    "ls -la",
    "find . -type f -name '*.rs' -size +10k -exec grep -l TODO {} + | sort | head -n 20",
    "git log --oneline --since='2 weeks ago' -- src",
    "tar czf backup.tar.gz --exclude=.git .",
    "for f in *.jpg; do convert \"$f\" \"${f%.jpg}.png\"; done",
    "du -xh --max-depth=1 /var | sort -rh | head",
    "ssh host 'sudo systemctl status nginx'",
    "docker ps --format '{{.Names}}' | xargs -n1 docker logs --tail 5",
    "awk -F: '$3 >= 1000 { print $1 }' /etc/passwd",
    "rsync -a --delete --dry-run src/ host:/srv/",
    "curl -fsSL https://example.com/list | jq -r '.[].name' > names",
    "find build -name '*.o' -mtime +7 -delete",
];

/// Prints median and p99. `GPTOS_BENCH_COMMANDS` may name a file of JSON lines with a field `cmd` each.
pub(crate) fn report() {
    let file = std::env::var_os("GPTOS_BENCH_COMMANDS").map(|path| std::fs::read_to_string(path).unwrap());
    let lines: Vec<String> = match &file {
        Some(text) => text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["cmd"].as_str().unwrap_or_default().to_owned())
            .collect(),
        None => LINES.map(str::to_owned).into(),
    };
    let policy = Policy::new(ShellKind::Bash);
    let rounds = 2_000_usize.div_ceil(lines.len()) + 2;
    let mut samples: Vec<Duration> = Vec::new();
    for round in 0..rounds {
        for line in &lines {
            let begun = Instant::now();
            std::hint::black_box(check(line, &policy));
            // The first round reads the rules.
            if round > 0 {
                samples.push(begun.elapsed());
            }
        }
    }
    samples.sort_unstable();
    let at = |share: f64| samples[((samples.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!(
        "analyser, {:>4} lines                p50 {:>6.1} µs  p99 {:>6.1} µs  most {:>6.1} µs",
        lines.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
