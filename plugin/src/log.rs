//! The log: to the standard error stream (or where `NICE_LOG` points), at the level that `BETWIXT_LOG` names:
//! `error`, `warn` (without it), `info`, `debug`, `trace`, `off`, or by module as in `warn,betwixt_engine=debug`.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Begins the process's log. False when someone else has begun one.
pub(crate) fn begin() -> bool {
    let targets = targets(std::env::var("BETWIXT_LOG").ok().as_deref());
    let lines = fmt::layer().with_ansi(false).with_writer(nice_plug::log::writer_from_env());
    tracing_subscriber::registry().with(targets).with(lines).try_init().is_ok()
}

fn targets(text: Option<&str>) -> Targets {
    text.filter(|t| !t.trim().is_empty()).and_then(|t| t.parse().ok()).unwrap_or_else(|| {
        // Closing any window makes the window layer report an X11 error that is none.
        Targets::new().with_default(tracing::Level::WARN).with_target("baseview", tracing::Level::ERROR)
    })
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn levels_are_understood_and_nonsense_warns() {
        assert!(targets(Some("debug")).would_enable("betwixt_engine", &Level::DEBUG));
        assert!(targets(Some("warn,betwixt_engine=trace")).would_enable("betwixt_engine", &Level::TRACE));
        assert!(!targets(Some("off")).would_enable("betwixt_engine", &Level::ERROR));
        for text in [None, Some(""), Some("loud=very=much")] {
            assert!(targets(text).would_enable("betwixt_engine", &Level::WARN), "{text:?}");
            assert!(!targets(text).would_enable("betwixt_engine", &Level::INFO), "{text:?}");
        }
    }
}
