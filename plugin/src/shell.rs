//! The plugin: what the host calls.

use std::sync::Arc;

use nice_plug::prelude::{
    AsyncExecutor, AudioIOLayout, AuxiliaryBuffers, Buffer, ClapFeature, ClapPlugin, MidiConfig, Params, Plugin,
    PolyModulationConfig, ProcessContext, ProcessStatus, Vst3Plugin, Vst3SubCategory, new_nonzero_u32,
};
use nice_plug_egui::EguiEditor;

use crate::parameters::Parameters;
use crate::window::{self, EditorApp};

/// One instance of the instrument.
#[derive(Default)]
pub struct Betwixt {
    parameters: Arc<Parameters>,
}

impl Plugin for Betwixt {
    const NAME: &'static str = "Betwixt";
    const VENDOR: &'static str = "Betwixt";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        &[AudioIOLayout { main_output_channels: Some(new_nonzero_u32(2)), ..AudioIOLayout::const_default() }];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = EguiEditor<EditorApp>;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.parameters.clone()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        window::editor(self.parameters.clone())
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        _context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        for channel in buffer.as_slice() {
            channel.fill(0.0);
        }
        ProcessStatus::Normal
    }
}

impl ClapPlugin for Betwixt {
    const CLAP_ID: &'static str = "audio.betwixt.Betwixt";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Four sounds on the corners of a pad, and everything in between");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::Instrument, ClapFeature::Synthesizer, ClapFeature::Sampler, ClapFeature::Stereo];
    const CLAP_POLY_MODULATION_CONFIG: Option<PolyModulationConfig> = Some(PolyModulationConfig {
        max_voice_capacity: betwixt_engine::limits::VOICES as u32,
        supports_overlapping_voices: true,
    });
}

impl Vst3Plugin for Betwixt {
    const VST3_CLASS_ID: [u8; 16] = *b"BetwixtXYMorph01";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Instrument, Vst3SubCategory::Synth, Vst3SubCategory::Sampler, Vst3SubCategory::Stereo];
}
