"""Fifty-five modules of Python 3.11.7's library, for short runs that must give the same numbers for ever.

The library of the interpreter that happens to run changes with every patch. These modules
were chosen once: in the order of the hash of their names, ASCII alone, of 2,000 to 24,000
bytes, until 445,000 bytes fell to training and 50,000 to the tenth that is held out
(`scalinglaws.training.texts.Corpus.split`), each side left out once it was full.
"""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "An excerpt of Python's standard library, to train on: 55 modules, half a megabyte",
    "paper": "Python 3.11.7, Python Software Foundation (2023)",
    "repository": "python/cpython",
    "commit": "fa7a6f23036537567592647d15f043722c7144ad",
    "licence": "PSF License Version 2, in LICENSE beside the table; Copyright 2001-2023 Python Software Foundation",
    "how_obtained": "whole files as released, chosen by the rule in data/convert/python_excerpt.py",
    "columns": {
        "path": {"unit": "text", "about": "path in the folder Lib"},
        "text": {"unit": "text", "about": "the file, unchanged"},
    },
}
#: Path in the folder Lib -> sha256.
FILES = {
    "chunk.py": "4817eb94eeb8835c3325433f68f17e0ebbf7c96065ecf6aba3af7852f9a5314b",
    "lib2to3/fixer_base.py": "c795a53ca849c42212c8ec33a74284e0377df852eb4ea599aba62d5af1df282a",
    "encodings/iso8859_6.py": "4840e68014346517680f593ca22f67133c39ba7e46f34b9be62c980a728448c6",
    "sched.py": "edfb309483d7cb05e06ad86d1fdeb819629f71402dc6710a1bec36c7afcaac50",
    "encodings/charmap.py": "1b8b5fdb36ce3becc62a6115ed904a17083949ec8aaef5a80f7078cec232f43b",
    "copyreg.py": "5499e1be7ba52d4715a911ae65ef2d703db9379d21fff2a07fad8877c318e070",
    "lib2to3/pgen2/parse.py": "e245e005e524ab445a570df31f70c6fd7b901ee3b0b68bd3bcf4b41b37fa7bb6",
    "xml/sax/xmlreader.py": "922a6e2995952366b366c13736d715d77fa1868ee453fdabe35043059357768f",
    "lib2to3/fixes/fix_itertools_imports.py": "2e419cfbd7f2a326ae7fa10873aa377112ebec32545238fdf988acb088c3cdb7",
    "email/contentmanager.py": "2d81026aef17e4786b15d9ec0629304987e3f275a0fd0a421a81b4ed87234b2c",
    "encodings/mac_iceland.py": "753cc1ac635caa7e1b4630fbcebef8db8db332c098154a5b11f652912bf64f37",
    "idlelib/iomenu.py": "63b89d7301e1f5d2893a25149fc53025cd9c7963b203997bf8067eedbe771cf4",
    "idlelib/autocomplete.py": "0d36f7694a50cbaa22d9bf03b91fa0658a147bd90dd867714a9b411febb36427",
    "email/_encoded_words.py": "4178321600c0a19ca04cfe8542ce44487f339d15d89a473b58cea63c0b230217",
    "token.py": "2cabb6a81cafa84b475fc852c20b6bad45955ec0f88063720a831495215f776b",
    "turtledemo/penrose.py": "14aeb10db966bfd4ec923a19eb96892eb2aa2723c0962c0824fe2ca9f30e300a",
    "opcode.py": "e6fc6dc49ced415d6ec285aaf1076148b8c4cb253d3a4d2384a7bab994d394bf",
    "secrets.py": "86893f2e4d33e8d02f8cc1d1de7a436d395ae9c9d48ff3dc0225a9cca1601759",
    "distutils/command/install_lib.py": "f40a1f47e30ef6502d8f0c2eba40a9b5ea4e68910a3195b65478b2479854ec70",
    "encodings/palmos.py": "eccf7418adefcc2a59e9a07fc4e34363bd62f7e878d48c8a02730a8ed1c584c8",
    "unittest/signals.py": "f8286e818ca56e10e03745bc056cdfd31147678f9a1dc8cb6b0fe96ef9a4362a",
    "multiprocessing/popen_spawn_posix.py": "97b5d25aa479516894489877e6a7921252ee35f51e118c2f1f91f32919e7caa8",
    "html/parser.py": "2fc512ae95bed2746b5ba3fabb14fcebf3114ff808ce97d96214ddd613b253da",
    "asynchat.py": "63fe1a2fd717d09ad462ca87adf57d8963c67a58e18c40340d5c9e39390ccf94",
    "bz2.py": "76ab3252924e71e859d7d90e8d3db13b6554975cfcac0fdadced4de7f8779330",
    "timeit.py": "e6414bbc158ad2007fc17f892ec49cca67cbb6d4f90920f4267ddeb19f032a03",
    "multiprocessing/sharedctypes.py": "77ef522912474652490b7df523112858e51721e63dcf109b8567a35ce9b31b0d",
    "tkinter/colorchooser.py": "1224241dcfb4ec6aff3cafc66adeb2b2a3759397a28693173915458c50040143",
    "lib2to3/pgen2/driver.py": "57af5e220cd6c6b75e8dead2cea395ead2297dd98e398ad705ca2bce0e9e6594",
    "json/encoder.py": "7c358788fbb2a6a07f66f1f8446c52396f35fc201108f666d5be002d86f31af2",
    "multiprocessing/util.py": "8780ce280f54d59cfbabf4ca84b214a854fceed53da73445adcc0ad5538d0651",
    "dbm/__init__.py": "389407b292f30c38a334599d2546ca1fea316b038a5252f985bbccfce6c8453b",
    "multiprocessing/shared_memory.py": "51301e70710220e1c494ff5383ac94442a38a4a6622f2eb94e40128c45de1aeb",
    "asyncio/subprocess.py": "027198037c8735a75231f660fbb51b626b4e83ccde40b0eb872a60bb4fdac2b4",
    "idlelib/autocomplete_w.py": "91170b060749d0b3c8f2ab31499104028bedf971e5575155d43392d5c8dae5d6",
    "lib2to3/fixes/fix_print.py": "cf2690f1b502249289f52cd544190db0b94d59df5eca139829cd2bf0742e9dba",
    "multiprocessing/popen_forkserver.py": "0588ad0e5a36718b4377dc2a2a97864a10986c25a33dc3bfed12595711b0cdab",
    "signal.py": "6ae9e49fe09b607bc161fc80067de9763aa48f523567a34992f00be06057f00a",
    "idlelib/multicall.py": "efb7d9bddcae17fab2108cb714c240c82d1368087b6d2b91e02ec224ddebce12",
    "encodings/cp874.py": "fe4752fa2e65741e08a563a31ff914fe71068942ce9c6f4070b1dfd7b25e5e7f",
    "multiprocessing/queues.py": "c6a5e3d6918de807074142eb4257746093ca78ffd897d828d559b7ea711c71a8",
    "email/quoprimime.py": "77b454bd3ba3b5e3776be28ae3a0fd8de5d1e50d5b8ee10dd539c37c2bd68082",
    "lib2to3/pgen2/tokenize.py": "aaa0b98f6a65e08e9f8e34358198e329d29554a0d4b5f5059924a252eeb0f5c4",
    "encodings/cp1140.py": "3379d78b244aa905ffe1171a968caaf41b9a0154d1ddc76c05a2abaca2b289fd",
    "turtledemo/sorting_animate.py": "a82a7608d3620cd8a956d3335bddbc2e30320486645de5d2ec26f481b0a74254",
    "email/base64mime.py": "e2b4b87a5f42a8c5780e343f675513bbcc6abdd23fa14f8f1a7d4f7d72304770",
    "xml/etree/ElementInclude.py": "97b513db52e9d8382d446e283583e3adf20aae86fb93d4764565ac08250399c0",
    "cgitb.py": "401f791a56480b5b53e207d71a904e6352c5e7fc3f7cc9124c75bd1c59a5c011",
    "pyclbr.py": "e8ca09333701ba41244e20b8c2c37b7ed0499b88c4b2ca82cac51ef89ca9e647",
    "distutils/command/build_clib.py": "6e05531e1dbc78b400d86930ebc6a602977f8fba90057e0c4c8fb34ef00afc9e",
    "idlelib/browser.py": "b607102a6e2ff7de241744008144a5480e2925098694be2a46003d8f60da0f52",
    "xml/sax/__init__.py": "4cf987c524aaa6ca2030a59a13a98ea3eae6cd3051099d1dd462d557e7bc7e77",
    "email/iterators.py": "1080a2d03779176d6d45f6ecd976dbe69f5579f7e4e83b75224c3f92fd258102",
    "posixpath.py": "115bb3d2051318ee3d951cdb13c60f118f15cea837cb69fb52cf543c12fe25c3",
    "re/__init__.py": "029ead61f362489e9bb034f4c2503abee95462056541e9ad07715de3c353b0da",
}
UPSTREAM = [
    Upstream(f"Lib/{path}", sha256, f"cpython-3.11.7/Lib/{path}", library=path)
    for path, sha256 in FILES.items()
]


def convert(*paths):
    """One row a file."""
    return pd.DataFrame({"path": list(FILES), "text": [path.read_bytes().decode("ascii") for path in paths]})
