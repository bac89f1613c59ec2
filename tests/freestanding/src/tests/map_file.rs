use crate::harness::tests;
use baremap::{File, FileMap, Result};

tests! {
    fn an_empty_file_is_an_empty_map() -> Result<()> {
        let file = File::unnamed()?;
        let map = FileMap::read(&file)?;
        assert_eq!(map.len(), 0);
        assert!(map.is_empty());
        Ok(())
    }
}
