//! A CLAP host without a mouse: plays the demo, or takes a picture of the plugin's window.

use betwixt_tests::sandbox::Sandbox;
use betwixt_tests::{demo, screenshot, spectrograms, window_cost};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play a MIDI clip while X and Y move: demo.wav, demo.png and summary.json
    Demo {
        /// The plugin
        #[arg(long, default_value = "target/bundled/Betwixt.clap")]
        plugin: PathBuf,
        /// The pack; without it, the one that a fresh plugin plays
        #[arg(long)]
        pack: Option<PathBuf>,
        /// Folder for the results
        #[arg(long, default_value = "target/demo")]
        out: PathBuf,
        /// The MIDI clip
        #[arg(long, default_value = "assets/demo/clip.mid")]
        clip: PathBuf,
        /// Automation of X: [[seconds, value], …]
        #[arg(long, default_value = "assets/demo/curve-x.json")]
        curve_x: PathBuf,
        /// Automation of Y
        #[arg(long, default_value = "assets/demo/curve-y.json")]
        curve_y: PathBuf,
        /// Parts that stay at places of their own: [{ "name", "channel": 1 to 16, "at": [x, y] }, …]
        #[arg(long, default_value = "assets/demo/parts.json")]
        parts: PathBuf,
        /// Folder of the factory packs
        #[arg(long, default_value = "assets")]
        assets: PathBuf,
    },
    /// Take a picture of the plugin's window while it plays (starts Xvfb)
    Screenshot {
        /// The plugin
        #[arg(long, default_value = "target/bundled/Betwixt.clap")]
        plugin: PathBuf,
        /// Width and height in pixels, as 1000x680; without it, the plugin's own
        #[arg(long, value_parser = size)]
        size: Option<(u32, u32)>,
        /// The PNG
        #[arg(short, long)]
        out: PathBuf,
        /// The preset that plays
        #[arg(long)]
        preset: Option<PathBuf>,
        /// Keys that are held, pressed one after the other
        #[arg(long, value_delimiter = ',', default_values_t = [48, 60, 64, 67, 71], value_parser = clap::value_parser!(u8).range(..128))]
        keys: Vec<u8>,
        /// Where the point ends, 0 to 1 each
        #[arg(long, value_parser = point, default_value = "0.7,0.7")]
        xy: (f64, f64),
    },
    /// Measure what the plugin's window costs (starts Xvfb)
    Window {
        /// The plugin
        #[arg(long, default_value = "target/bundled/Betwixt.clap")]
        plugin: PathBuf,
        /// Width and height in pixels
        #[arg(long, value_parser = size, default_value = "900x640")]
        size: (u32, u32),
        /// Length of each state, in seconds
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
    },
    /// Draw spectrograms of sounds beside one another: 3 s, and the first 0.2 s
    Spectrograms {
        /// The PNG
        #[arg(short, long)]
        out: PathBuf,
        /// What to draw
        #[arg(required = true, value_name = "LABEL=FILE.wav", value_parser = labelled)]
        sounds: Vec<(String, PathBuf)>,
    },
}

fn labelled(text: &str) -> Result<(String, PathBuf), String> {
    let pair = text.split_once('=').ok_or_else(|| format!("{text:?} is not LABEL=FILE.wav"))?;
    Ok((pair.0.to_owned(), pair.1.into()))
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let parse = |part: &str| part.parse().ok().filter(|v| (1..=16_384).contains(v));
    let pair = text.split_once('x').and_then(|(w, h)| Some((parse(w)?, parse(h)?)));
    pair.ok_or_else(|| format!("{text:?} is no size; write it as 1000x680"))
}

fn point(text: &str) -> Result<(f64, f64), String> {
    let parse = |part: &str| part.trim().parse().ok().filter(|v| (0.0..=1.0).contains(v));
    let pair = text.split_once(',').and_then(|(x, y)| Some((parse(x)?, parse(y)?)));
    pair.ok_or_else(|| format!("{text:?} is no point; write it as 0.7,0.7"))
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("betwixt-host: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, String> {
    match command {
        Command::Demo { plugin, pack, out, clip, curve_x, curve_y, parts, assets } => {
            let wish = demo::Wish { plugin, pack, out, clip, curve_x, curve_y, parts, assets };
            let summary = demo::run(&wish).map_err(|e| e.to_string())?;
            print!("{summary}");
            println!("Files      {}", wish.out.join("demo.wav, demo.png, summary.json").display());
            Ok(if summary.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Spectrograms { out, sounds } => {
            spectrograms::draw(&sounds)?.save(&out)?;
            println!("{}", out.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Window { plugin, size, seconds } => {
            let sandbox = Sandbox::enter();
            let table = window_cost::measure(&window_cost::Wish { plugin, size, seconds });
            sandbox.leave();
            println!("{}", table.map_err(|e| e.to_string())?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Screenshot { plugin, size, out, preset, keys, xy } => {
            let sandbox = Sandbox::enter();
            let wish = screenshot::Wish { plugin, size, png: out, preset, keys, xy };
            let taken = screenshot::take(&wish);
            sandbox.leave();
            let (width, height) = taken.map_err(|e| e.to_string())?;
            println!("{} ({width}×{height})", wish.png.display());
            Ok(ExitCode::SUCCESS)
        }
    }
}
