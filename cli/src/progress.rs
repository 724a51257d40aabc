//! The progress bar on stderr. Where stderr is no terminal there is none.

use std::sync::Mutex;

use betwixt_builder::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One bar, begun anew for each stage of a job.
#[derive(Debug)]
pub struct Bar {
    visible: bool,
    bar: Mutex<ProgressBar>,
}

impl Bar {
    /// A bar on stderr, if that is a terminal.
    pub fn on_terminal() -> Bar {
        Bar { visible: true, bar: Mutex::new(ProgressBar::hidden()) }
    }

    /// No bar.
    pub fn hidden() -> Bar {
        Bar { visible: false, bar: Mutex::new(ProgressBar::hidden()) }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.now().finish_and_clear();
    }

    fn now(&self) -> ProgressBar {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Progress for Bar {
    fn begin(&self, stage: &'static str, steps: u64) {
        self.finish();
        let target = if self.visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(steps), target).with_message(stage);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left") {
            bar.set_style(style);
        }
        bar.tick();
        *self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = bar;
    }

    fn step(&self) {
        self.now().inc(1);
    }
}
