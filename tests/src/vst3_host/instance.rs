//! One plugin instance.

use std::sync::{Arc, Mutex};

use vst3::Steinberg::Vst::{
    BusDirections_, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentHandler, IComponentHandlerTrait,
    IComponentTrait, IEditController, IEditControllerTrait, IHostApplication, IHostApplicationTrait, IMidiMapping,
    IMidiMappingTrait, MediaTypes_, ParamID, ParamValue, ParameterInfo, ProcessModes_, ProcessSetup, String128,
    SymbolicSampleSizes_,
};
use vst3::Steinberg::{
    IPluginBaseTrait, IPluginFactoryTrait, TUID, int32, kNotImplemented, kResultFalse, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComWrapper, Interface};

use super::{Library, Player, Stream, Vst3Failure, check, need};

/// How the plugin is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In time with a listener.
    Realtime,
    /// As fast as it goes.
    Offline,
}

/// A parameter as the plugin lists it.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its id to hosts.
    pub id: ParamID,
    /// Its name.
    pub title: String,
    /// Its unit.
    pub units: String,
    /// Normalised.
    pub default: f64,
    /// `ParameterFlags`.
    pub flags: int32,
}

/// An instance. Made, used and dropped on one thread, which is its main thread.
pub struct Instance {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    controller: ComPtr<IEditController>,
    edits: Arc<Mutex<Vec<(ParamID, ParamValue)>>>,
    active: bool,
    // The plugin's code stays until the instance is gone.
    library: Library,
}

impl Instance {
    /// Makes one.
    ///
    /// # Errors
    /// When the plugin refuses, or is no instrument.
    pub fn new(library: &Library) -> Result<Self, Vst3Failure> {
        let classes = library.classes();
        let audio = classes.iter().find(|(_, category, _)| category == "Audio Module Class");
        let class = need("getClassInfo", audio)?.0;
        let mut object = std::ptr::null_mut();
        // SAFETY: ids and out pointers are what the calls want, and the objects they return are owned.
        unsafe {
            let made =
                library.factory().createInstance(class.as_ptr(), IComponent::IID.as_ptr().cast(), &raw mut object);
            check("createInstance", made)?;
            let component = need("createInstance", ComPtr::from_raw(object.cast::<IComponent>()))?;
            let host = ComWrapper::new(Host).to_com_ptr::<IHostApplication>().expect("the class has this interface");
            check("initialize", component.initialize(host.as_ptr().cast()))?;
            let processor = need("IAudioProcessor", component.cast::<IAudioProcessor>())?;
            let controller = need("IEditController", component.cast::<IEditController>())?;

            let edits = Arc::new(Mutex::new(Vec::new()));
            let handler = ComWrapper::new(Handler { edits: Arc::clone(&edits) })
                .to_com_ptr::<IComponentHandler>()
                .expect("the class has this interface");
            check("setComponentHandler", controller.setComponentHandler(handler.as_ptr()))?;
            Ok(Self { component, processor, controller, edits, active: false, library: library.clone() })
        }
    }

    /// Where it came from.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Prepares for audio and starts it; returns what plays.
    ///
    /// # Errors
    /// When the plugin refuses.
    pub fn start(&mut self, sample_rate_hz: f64, max_frames: usize, mode: Mode) -> Result<Player, Vst3Failure> {
        self.stop();
        let mut setup = ProcessSetup {
            processMode: match mode {
                Mode::Realtime => ProcessModes_::kRealtime as int32,
                Mode::Offline => ProcessModes_::kOffline as int32,
            },
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as int32,
            maxSamplesPerBlock: max_frames as int32,
            sampleRate: sample_rate_hz,
        };
        // SAFETY: the interfaces are alive and the setup is plain data.
        unsafe {
            check("setupProcessing", self.processor.setupProcessing(&raw mut setup))?;
            let (audio, event) = (MediaTypes_::kAudio as int32, MediaTypes_::kEvent as int32);
            let (input, output) = (BusDirections_::kInput as int32, BusDirections_::kOutput as int32);
            check("activateBus", self.component.activateBus(audio, output, 0, 1))?;
            check("activateBus", self.component.activateBus(event, input, 0, 1))?;
            check("setActive", self.component.setActive(1))?;
            self.active = true;
            check("setProcessing", self.processor.setProcessing(1))?;
        }
        Ok(Player::new(self.processor.clone(), setup.processMode, max_frames))
    }

    /// Stops audio.
    pub fn stop(&mut self) {
        if std::mem::take(&mut self.active) {
            // SAFETY: the interfaces are alive; hosts do not look at these results.
            unsafe {
                self.processor.setProcessing(0);
                self.component.setActive(0);
            }
        }
    }

    /// Latency in frames.
    pub fn latency(&self) -> u32 {
        // SAFETY: the interface is alive.
        unsafe { self.processor.getLatencySamples() }
    }

    /// How many parameters the plugin says it has.
    pub fn parameter_count(&self) -> int32 {
        // SAFETY: the interface is alive.
        unsafe { self.controller.getParameterCount() }
    }

    /// The parameter at an index, or `None` where the plugin says that there is none.
    pub fn parameter(&self, index: int32) -> Option<Parameter> {
        // SAFETY: the interface is alive; the info is plain data that it fills.
        unsafe {
            let mut info: ParameterInfo = std::mem::zeroed();
            (self.controller.getParameterInfo(index, &raw mut info) == kResultOk).then(|| Parameter {
                id: info.id,
                title: text(&info.title),
                units: text(&info.units),
                default: info.defaultNormalizedValue,
                flags: info.flags,
            })
        }
    }

    /// All parameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        (0..self.parameter_count()).filter_map(|index| self.parameter(index)).collect()
    }

    /// The id of the parameter of this name.
    ///
    /// # Panics
    /// When there is none.
    pub fn id(&self, title: &str) -> ParamID {
        let all = self.parameters();
        all.iter().find(|row| row.title == title).unwrap_or_else(|| panic!("no parameter is called {title}")).id
    }

    /// A parameter's normalised value.
    pub fn value(&self, id: ParamID) -> ParamValue {
        // SAFETY: the interface is alive.
        unsafe { self.controller.getParamNormalized(id) }
    }

    /// The normalised value of a plain one.
    pub fn normalised(&self, id: ParamID, plain: f64) -> ParamValue {
        // SAFETY: the interface is alive.
        unsafe { self.controller.plainParamToNormalized(id, plain) }
    }

    /// The parameter that carries a controller of a channel (128 is channel pressure, 129 pitch bend).
    pub fn controller(&self, channel: i16, number: i16) -> Option<ParamID> {
        let mapping = self.controller.cast::<IMidiMapping>()?;
        let mut id = 0;
        // SAFETY: the interface is alive and the id has a place.
        let result = unsafe { mapping.getMidiControllerAssignment(0, channel, number, &raw mut id) };
        (result == kResultOk).then_some(id)
    }

    /// Saves the state into a stream.
    ///
    /// # Errors
    /// When the plugin reports that it could not.
    pub fn save(&self, stream: &Stream) -> Result<(), Vst3Failure> {
        // SAFETY: the interface and the stream are alive.
        check("getState", unsafe { self.component.getState(stream.com().as_ptr()) })
    }

    /// Loads a state.
    ///
    /// # Errors
    /// When the plugin reports that it could not.
    pub fn load(&self, stream: &Stream) -> Result<(), Vst3Failure> {
        // SAFETY: the interface and the stream are alive.
        check("setState", unsafe { self.component.setState(stream.com().as_ptr()) })
    }

    /// What the editor has set since the last call.
    pub fn take_edits(&self) -> Vec<(ParamID, ParamValue)> {
        std::mem::take(&mut self.edits.lock().expect("no edit panics"))
    }

    pub(super) fn edit_controller(&self) -> &ComPtr<IEditController> {
        &self.controller
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.stop();
        // SAFETY: the interfaces are alive; this is the end that VST3 wants.
        unsafe {
            self.controller.setComponentHandler(std::ptr::null_mut());
            self.component.terminate();
        }
    }
}

/// A UTF-16 string in a fixed field.
fn text(field: &String128) -> String {
    let end = field.iter().position(|&unit| unit == 0).unwrap_or(field.len());
    String::from_utf16_lossy(&field[..end])
}

/// What the plugin may ask of the host: its name.
struct Host;

impl Class for Host {
    type Interfaces = (IHostApplication,);
}

impl IHostApplicationTrait for Host {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        let mut field: String128 = [0; 128];
        for (to, from) in field.iter_mut().zip("Betwixt tests".encode_utf16()) {
            *to = from as _;
        }
        // SAFETY: the plugin hands a place for the name.
        unsafe { name.write(field) };
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        _class: *mut TUID,
        _iid: *mut TUID,
        _object: *mut *mut std::ffi::c_void,
    ) -> tresult {
        kNotImplemented
    }
}

/// What the editor reports. On Linux it comes from the window's thread.
struct Handler {
    edits: Arc<Mutex<Vec<(ParamID, ParamValue)>>>,
}

impl Class for Handler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        match self.edits.lock() {
            Ok(mut edits) => edits.push((id, value)),
            Err(_) => return kResultFalse,
        }
        kResultOk
    }

    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, _flags: int32) -> tresult {
        kResultOk
    }
}
