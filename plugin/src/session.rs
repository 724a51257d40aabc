//! What one instance shares between the host's main thread, the window and the loader: parameters, the object that
//! projects save, the pack, and the engine's other end. The audio thread reads its parameters and atomics alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use betwixt_engine::engine::EngineHandle;
use betwixt_engine::params::Param;
use betwixt_engine::preset::Preset;
use betwixt_engine::telemetry::Telemetry;
use nice_plug::prelude::{ParamPtr, Params};
use nice_plug_egui::RepaintNotifier;
use parking_lot::Mutex;

use crate::parameters::Parameters;
use crate::state;

/// One instance's shared part.
pub struct Session {
    /// The parameters.
    pub parameters: Parameters,
    /// What the project saved last or the player chose, apart from the parameters' values.
    document: Mutex<Preset>,
    /// The engine's other end, while there is an engine.
    engine: Mutex<Option<EngineHandle>>,
    /// Wakes the window, from any thread.
    repaint: RepaintNotifier,
    /// Share of the time that audio takes, as bits of a float; negative while unmeasured.
    load: AtomicU32,
}

impl Session {
    /// A fresh instance. Starts no thread and opens no file, since hosts make instances only to look at them.
    pub fn new() -> Session {
        Session {
            parameters: Parameters::new(),
            document: Mutex::new(Preset::new()),
            engine: Mutex::new(None),
            repaint: RepaintNotifier::new(),
            load: AtomicU32::new((-1.0f32).to_bits()),
        }
    }

    /// The object that a project saves now.
    pub fn save(&self) -> Preset {
        let mut preset = self.document.lock().clone();
        for param in Param::all() {
            preset.set(param, self.parameters.plain(param));
        }
        preset
    }

    /// Takes over what a project saved. The parameters' values have been set already.
    fn restore(&self, preset: Preset) {
        *self.document.lock() = preset;
    }

    /// A new engine begins.
    pub fn connect(&self, engine: EngineHandle) {
        *self.engine.lock() = Some(engine);
    }

    /// Wakes the window when something that it shows has changed. Real-time safe to use.
    pub fn repaint(&self) -> &RepaintNotifier {
        &self.repaint
    }

    /// Shows the engine's newest picture to `look`, if there is one and no other thread is at it.
    pub fn telemetry(&self, look: impl FnOnce(&Telemetry)) {
        if let Some(mut engine) = self.engine.try_lock()
            && let Some(engine) = engine.as_mut()
        {
            look(engine.telemetry());
        }
    }

    /// Share of the audio thread's time that this instance takes, 0…1. Real-time safe.
    pub fn load(&self) -> Option<f32> {
        Some(f32::from_bits(self.load.load(Ordering::Relaxed))).filter(|load| *load >= 0.0)
    }

    /// Notes the share of time. Real-time safe.
    pub fn set_load(&self, load: f32) {
        self.load.store(load.to_bits(), Ordering::Relaxed);
    }
}

impl Default for Session {
    fn default() -> Session {
        Session::new()
    }
}

// SAFETY: the pointers lead into `parameters`, which lives as long as self and does not move in its `Arc`.
unsafe impl Params for Session {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        self.parameters.map()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(state::FIELD.to_owned(), self.save().to_json())])
    }

    fn deserialize_fields(&self, fields: &BTreeMap<String, String>) {
        if let Some(preset) = fields.get(state::FIELD).and_then(|text| Preset::parse(text).ok()) {
            self.restore(preset.0);
        }
    }
}
