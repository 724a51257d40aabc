//! The bundle on disk, loaded once and shared by its instances.

use std::ffi::c_void;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vst3::ComPtr;
use vst3::Steinberg::{IPluginFactory, IPluginFactoryTrait, PClassInfo, TUID, kResultOk};

use super::Vst3Failure;

/// A loaded `.vst3` bundle.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

struct Inner {
    // The factory goes before the code that it points into.
    factory: Option<ComPtr<IPluginFactory>>,
    library: libloading::Library,
}

impl Library {
    /// Where `cargo xtask` puts the bundle.
    pub fn bundled() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bundled/Betwixt.vst3")
    }

    /// Loads a bundle. Its code runs in this process from here on.
    ///
    /// # Errors
    /// When there is no such bundle, or it is no VST3 plugin.
    pub fn load(bundle: &Path) -> Result<Self, Vst3Failure> {
        let path = bundle.join(format!("Contents/{}-linux/Betwixt.so", std::env::consts::ARCH));
        if !path.exists() {
            return Err(Vst3Failure::NoBundle { path });
        }
        let fail = |reason: String| Vst3Failure::Unloadable { path: path.clone(), reason };
        // SAFETY: the library is the plugin under test, which the caller named; the symbols have the
        // types that the VST3 module interface gives them.
        unsafe {
            let library = libloading::Library::new(&path).map_err(|error| fail(error.to_string()))?;
            let enter = library
                .get::<unsafe extern "system" fn(*mut c_void) -> bool>(b"ModuleEntry\0")
                .map_err(|error| fail(error.to_string()))?;
            if !enter(std::ptr::null_mut()) {
                return Err(fail("ModuleEntry returned false".to_owned()));
            }
            let get_factory = library
                .get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory\0")
                .map_err(|error| fail(error.to_string()))?;
            let factory = ComPtr::from_raw(get_factory()).ok_or_else(|| fail("it has no factory".to_owned()))?;
            Ok(Self { inner: Arc::new(Inner { factory: Some(factory), library }) })
        }
    }

    /// The classes in the bundle: id, category, name.
    pub fn classes(&self) -> Vec<(TUID, String, String)> {
        let factory = self.factory();
        // SAFETY: the factory is alive, and the class info is plain data that it fills.
        unsafe {
            (0..factory.countClasses())
                .filter_map(|index| {
                    let mut info: PClassInfo = std::mem::zeroed();
                    (factory.getClassInfo(index, &raw mut info) == kResultOk)
                        .then(|| (info.cid, text(&info.category), text(&info.name)))
                })
                .collect()
        }
    }

    pub(super) fn factory(&self) -> &ComPtr<IPluginFactory> {
        self.inner.factory.as_ref().expect("the factory is there until the library is dropped")
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.factory = None;
        // SAFETY: as in `load`; nothing of the plugin is alive any more.
        unsafe {
            if let Ok(exit) = self.library.get::<unsafe extern "system" fn() -> bool>(b"ModuleExit\0") {
                exit();
            }
        }
    }
}

/// A C string in a fixed field.
fn text(field: &[vst3::Steinberg::char8]) -> String {
    let bytes: Vec<u8> = field.iter().take_while(|&&c| c != 0).map(|&c| c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
