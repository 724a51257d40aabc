//! How far a job is, on stderr: a bar on a terminal, now and then a line elsewhere.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use betwixt_builder::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line every so often, where there is no terminal: short jobs write none.
const LINES: Duration = Duration::from_secs(5);

/// One bar, begun anew for each stage of a job.
#[derive(Debug)]
pub struct Bar {
    visible: bool,
    stage: Mutex<Stage>,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    bar: ProgressBar,
    /// When the last line was written, where there is no terminal.
    told: Option<Instant>,
}

impl Bar {
    /// On stderr.
    pub fn on_terminal() -> Bar {
        Bar { visible: true, ..Bar::hidden() }
    }

    /// No bar.
    pub fn hidden() -> Bar {
        Bar { visible: false, stage: Mutex::new(Stage { name: "", bar: ProgressBar::hidden(), told: None }) }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner).bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn begin(&self, stage: &'static str, steps: u64) {
        self.finish();
        // indicatif draws nothing where stderr is no terminal.
        let target = if self.visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let told = (self.visible && target.is_hidden()).then(Instant::now);
        let bar = ProgressBar::with_draw_target(Some(steps), target).with_message(stage);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left") {
            bar.set_style(style);
        }
        bar.tick();
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = Stage { name: stage, bar, told };
    }

    fn advance(&self, steps: u64) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        stage.bar.inc(steps);
        if let Some(told) = &mut stage.told
            && told.elapsed() >= LINES
        {
            *told = Instant::now();
            let (done, all) = (stage.bar.position(), stage.bar.length().unwrap_or(0));
            let left = stage.bar.elapsed().mul_f64((all - done.min(all)) as f64 / done.max(1) as f64);
            eprintln!("{} {} %, {} s left", stage.name, 100 * done / all.max(1), left.as_secs());
        }
    }
}
