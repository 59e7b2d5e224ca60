"""Names of Azure's text to speech voices by locale, as data: all of each locale that some engine here speaks.

They are those of Azure's page on its languages in two revisions of 21 October 2025 (MicrosoftDocs/azure-ai-docs,
commits 00963a6 and 31c50ba, articles/ai-services/speech-service/includes/language-support/tts.md), compared name by
name. There are none of Filipino, Galician, Inuktitut, Javanese, Khmer, Lao, Mongolian, Pashto, Somali, Sundanese, Zulu.
"""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, str]] = {
    "af-ZA": ("Adri", "Willem"),
    "am-ET": ("Mekdes", "Ameha"),
    "ar-AE": ("Fatima", "Hamdan"),
    "ar-BH": ("Laila", "Ali"),
    "ar-DZ": ("Amina", "Ismael"),
    "ar-EG": ("Salma", "Shakir"),
    "ar-IQ": ("Rana", "Bassel"),
    "ar-JO": ("Sana", "Taim"),
    "ar-KW": ("Noura", "Fahed"),
    "ar-LB": ("Layla", "Rami"),
    "ar-LY": ("Iman", "Omar"),
    "ar-MA": ("Mouna", "Jamal"),
    "ar-OM": ("Aysha", "Abdullah"),
    "ar-QA": ("Amal", "Moaz"),
    "ar-SA": ("Zariyah", "Hamed"),
    "ar-SY": ("Amany", "Laith"),
    "ar-TN": ("Reem", "Hedi"),
    "ar-YE": ("Maryam", "Saleh"),
    "as-IN": ("Yashica", "Priyom"),
    "az-AZ": ("Banu", "Babek"),
    "bg-BG": ("Kalina", "Borislav"),
    "bn-BD": ("Nabanita", "Pradeep"),
    "bn-IN": ("Tanishaa", "Bashkar"),
    "bs-BA": ("Vesna", "Goran"),
    "ca-ES": ("Joana Alba", "Enric"),
    "cs-CZ": ("Vlasta", "Antonin"),
    "cy-GB": ("Nia", "Aled"),
    "da-DK": ("Christel", "Jeppe"),
    "de-AT": ("Ingrid", "Jonas"),
    "de-CH": ("Leni", "Jan"),
    "de-DE": (
        "Katja Amala Elke Gisela Klarissa Louisa Maja Tanja SeraphinaMultilingual Seraphina:DragonHDLatest",
        "Conrad Bernd Christoph Kasper Killian Klaus Ralf FlorianMultilingual Florian:DragonHDLatest",
    ),
    "el-GR": ("Athina", "Nestoras"),
    "en-AU": (
        "Natasha Annette Carly Elsie Freya Joanne Kim Tina",
        "William WilliamMultilingual Darren Duncan Ken Neil Tim",
    ),
    "en-CA": ("Clara", "Liam"),
    "en-GB": (
        "Sonia Libby AdaMultilingual Abbi Bella Hollie Maisie Olivia Mia Ada:DragonHDLatest",
        "Ryan OllieMultilingual Alfie Elliot Ethan Noah Oliver Thomas Ollie:DragonHDLatest",
    ),
    "en-HK": ("Yan", "Sam"),
    "en-IE": ("Emily", "Connor"),
    "en-IN": (
        "Neerja NeerjaIndic Aarti AartiIndic Aashi Ananya Kavya Aarti:DragonHDLatest Meera:DragonHDLatest",
        "Prabhat PrabhatIndic Arjun ArjunIndic Aarav Kunal Rehaan Arjun:DragonHDLatest",
    ),
    "en-KE": ("Asilia", "Chilemba"),
    "en-NG": ("Ezinne", "Abeo"),
    "en-NZ": ("Molly", "Mitchell"),
    "en-PH": ("Rosa", "James"),
    "en-SG": ("Luna", "Wayne"),
    "en-TZ": ("Imani", "Elimu"),
    "en-US": (
        (
            "Ava Emma Jenny Aria Jane Luna Sara Nancy Amber Ana Ashley Cora Elizabeth Michelle Monica AIGenerate2 "
            "AvaMultilingual EmmaMultilingual JennyMultilingual CoraMultilingual AmandaMultilingual "
            "EvelynMultilingual LolaMultilingual NancyMultilingual PhoebeMultilingual SerenaMultilingual "
            "NovaTurboMultilingual ShimmerTurboMultilingual Ava:DragonHDLatest Ava3:DragonHDLatest "
            "Emma:DragonHDLatest Emma2:DragonHDLatest Aria:DragonHDLatest Bree:DragonHDLatest Jane:DragonHDLatest "
            "Jenny:DragonHDLatest Nova:DragonHDLatest Phoebe:DragonHDLatest Serena:DragonHDLatest "
            "Ava:DragonHDOmniLatest Dana:DragonHDOmniLatest Phoebe:DragonHDOmniLatest Tiana:DragonHDFlashLatest"
        ),
        (
            "Andrew Brian Guy Davis Jason Kai Tony Brandon Christopher Eric Jacob Roger Steffan AIGenerate1 "
            "AndrewMultilingual BrianMultilingual ChristopherMultilingual BrandonMultilingual RyanMultilingual "
            "SteffanMultilingual AdamMultilingual DavisMultilingual DerekMultilingual DustinMultilingual "
            "LewisMultilingual SamuelMultilingual AlloyTurboMultilingual AshTurboMultilingual "
            "EchoTurboMultilingual OnyxTurboMultilingual Adam:DragonHDLatest Alloy:DragonHDLatest "
            "Andrew:DragonHDLatest Andrew2:DragonHDLatest Andrew3:DragonHDLatest Brian:DragonHDLatest "
            "Davis:DragonHDLatest Steffan:DragonHDLatest Andrew:DragonHDOmniLatest Caleb:DragonHDOmniLatest "
            "Lewis:DragonHDOmniLatest Jimmie:DragonHDFlashLatest Tyler:DragonHDFlashLatest"
        ),
    ),
    "en-ZA": ("Leah", "Luke"),
    "es-AR": ("Elena", "Tomas"),
    "es-BO": ("Sofia", "Marcelo"),
    "es-CL": ("Catalina", "Lorenzo"),
    "es-CO": ("Salome", "Gonzalo"),
    "es-CR": ("Maria", "Juan"),
    "es-CU": ("Belkys", "Manuel"),
    "es-DO": ("Ramona", "Emilio"),
    "es-EC": ("Andrea", "Luis"),
    "es-ES": (
        (
            "Elvira Abril Estrella Irene Laia Lia Triana Vera Ximena ArabellaMultilingual IsidoraMultilingual "
            "XimenaMultilingual Ximena:DragonHDLatest"
        ),
        "Alvaro Arnau Dario Elias Nil Saul Teo TristanMultilingual Tristan:DragonHDLatest",
    ),
    "es-GQ": ("Teresa", "Javier"),
    "es-GT": ("Marta", "Andres"),
    "es-HN": ("Karla", "Carlos"),
    "es-MX": (
        "Dalia Beatriz Candela Carlota Larissa Marina Nuria Renata DaliaMultilingual Ximena:DragonHDLatest",
        "Jorge Cecilio Gerardo Liberto Luciano Pelayo Yago JorgeMultilingual Tristan:DragonHDLatest",
    ),
    "es-NI": ("Yolanda", "Federico"),
    "es-PA": ("Margarita", "Roberto"),
    "es-PE": ("Camila", "Alex"),
    "es-PR": ("Karina", "Victor"),
    "es-PY": ("Tania", "Mario"),
    "es-SV": ("Lorena", "Rodrigo"),
    "es-US": ("Paloma", "Alonso"),
    "es-UY": ("Valentina", "Mateo"),
    "es-VE": ("Paola", "Sebastian"),
    "et-EE": ("Anu", "Kert"),
    "eu-ES": ("Ainhoa", "Ander"),
    "fa-IR": ("Dilara", "Farid"),
    "fi-FI": ("Selma Noora", "Harri"),
    "fr-BE": ("Charline", "Gerard"),
    "fr-CA": ("Sylvie Sylvie:DragonHDLatest", "Jean Antoine Thierry Thierry:DragonHDLatest"),
    "fr-CH": ("Ariane", "Fabrice"),
    "fr-FR": (
        (
            "Denise Brigitte Celeste Coralie Eloise Jacqueline Josephine Yvette VivienneMultilingual "
            "Vivienne:DragonHDLatest"
        ),
        "Henri Alain Claude Jerome Maurice Yves LucienMultilingual RemyMultilingual Remy:DragonHDLatest",
    ),
    "ga-IE": ("Orla", "Colm"),
    "gu-IN": ("Dhwani", "Niranjan"),
    "he-IL": ("Hila", "Avri"),
    "hi-IN": ("Swara Ananya Aarti Kavya", "Madhur Aarav Arjun Kunal Rehaan"),
    "hr-HR": ("Gabrijela", "Srecko"),
    "hu-HU": ("Noemi", "Tamas"),
    "hy-AM": ("Anahit", "Hayk"),
    "id-ID": ("Gadis", "Ardi"),
    "is-IS": ("Gudrun", "Gunnar"),
    "it-IT": (
        "Elsa Isabella Fabiola Fiamma Imelda Irma Palmira Pierina IsabellaMultilingual Isabella:DragonHDLatest",
        (
            "Diego Benigno Calimero Cataldo Gianni Giuseppe Lisandro Rinaldo AlessioMultilingual GiuseppeMultilingual "
            "MarcelloMultilingual Alessio:DragonHDLatest"
        ),
    ),
    "ja-JP": (
        "Nanami Aoi Mayu Shiori Nanami:DragonHDLatest",
        "Keita Daichi Naoki MasaruMultilingual Masaru:DragonHDLatest",
    ),
    "ka-GE": ("Eka", "Giorgi"),
    "kk-KZ": ("Aigul", "Daulet"),
    "kn-IN": ("Sapna", "Gagan"),
    "ko-KR": (
        "SunHi JiMin SeoHyeon SoonBok YuJin SunHi:DragonHDLatest",
        "InJoon BongJin GookMin Hyunsu HyunsuMultilingual Hyunsu:DragonHDLatest",
    ),
    "lt-LT": ("Ona", "Leonas"),
    "lv-LV": ("Everita", "Nils"),
    "mk-MK": ("Marija", "Aleksandar"),
    "ml-IN": ("Sobhana", "Midhun"),
    "mr-IN": ("Aarohi", "Manohar"),
    "ms-MY": ("Yasmin", "Osman"),
    "mt-MT": ("Grace", "Joseph"),
    "my-MM": ("Nilar", "Thiha"),
    "nb-NO": ("Pernille Iselin", "Finn"),
    "ne-NP": ("Hemkala", "Sagar"),
    "nl-BE": ("Dena", "Arnaud"),
    "nl-NL": ("Fenna Colette", "Maarten"),
    "or-IN": ("Subhasini", "Sukant"),
    "pa-IN": ("Vaani", "Ojas"),
    "pl-PL": ("Agnieszka Zofia", "Marek"),
    "pt-BR": (
        "Francisca Brenda Elza Giovanna Leila Leticia Manuela Thalita Yara ThalitaMultilingual Thalita:DragonHDLatest",
        "Antonio Donato Fabio Humberto Julio Nicolau Valerio MacerioMultilingual Macerio:DragonHDLatest",
    ),
    "pt-PT": ("Raquel Fernanda", "Duarte"),
    "ro-RO": ("Alina", "Emil"),
    "ru-RU": ("Svetlana Dariya", "Dmitry"),
    "si-LK": ("Thilini", "Sameera"),
    "sk-SK": ("Viktoria", "Lukas"),
    "sl-SI": ("Petra", "Rok"),
    "sq-AL": ("Anila", "Ilir"),
    "sr-Latn-RS": ("Sophie", "Nicholas"),
    "sr-RS": ("Sophie", "Nicholas"),
    "sv-SE": ("Sofie Hillevi", "Mattias"),
    "sw-KE": ("Zuri", "Rafiki"),
    "sw-TZ": ("Rehema", "Daudi"),
    "ta-IN": ("Pallavi", "Valluvar"),
    "ta-LK": ("Saranya", "Kumar"),
    "ta-MY": ("Kani", "Surya"),
    "ta-SG": ("Venba", "Anbu"),
    "te-IN": ("Shruti", "Mohan"),
    "th-TH": ("Premwadee Achara", "Niwat"),
    "tr-TR": ("Emel", "Ahmet"),
    "uk-UA": ("Polina", "Ostap"),
    "ur-IN": ("Gul", "Salman"),
    "ur-PK": ("Uzma", "Asad"),
    "uz-UZ": ("Madina", "Sardor"),
    "vi-VN": ("HoaiMy", "NamMinh"),
    "wuu-CN": ("Xiaotong", "Yunzhe"),
    "yue-CN": ("XiaoMin", "YunSong"),
    "zh-CN": (
        (
            "Xiaoxiao Xiaoyi Xiaochen Xiaohan Xiaomeng Xiaomo Xiaoqiu Xiaorou Xiaorui Xiaoshuang Xiaoyan Xiaoyou "
            "Xiaozhen XiaoxiaoDialects XiaoxiaoMultilingual XiaochenMultilingual XiaoyuMultilingual "
            "XiaoshuangMultilingual XiaoyouMultilingual Xiaochen:DragonHDLatest Xiaochen:DragonHDFlashLatest "
            "Xiaoxiao:DragonHDFlashLatest Xiaoxiao2:DragonHDFlashLatest Xiaoshuang:DragonHDFlashLatest "
            "Xiaoyou:DragonHDFlashLatest Xiaoyu:DragonHDFlashLatest Xiaoyue:DragonHDOmniLatest"
        ),
        (
            "Yunxi Yunjian Yunyang Yunfeng Yunhao Yunjie Yunxia Yunye Yunze YunyiMultilingual YunfanMultilingual "
            "YunxiaoMultilingual Yunfan:DragonHDLatest Yunxiao:DragonHDFlashLatest Yunyi:DragonHDFlashLatest "
            "Yunye:DragonHDFlashLatest Yunxia:DragonHDFlashLatest Yunqi:DragonHDOmniLatest"
        ),
    ),
    "zh-CN-guangxi": ("", "Yunqi"),
    "zh-CN-henan": ("", "Yundeng"),
    "zh-CN-liaoning": ("Xiaobei", "Yunbiao"),
    "zh-CN-shaanxi": ("Xiaoni", ""),
    "zh-CN-shandong": ("", "Yunxiang"),
    "zh-CN-sichuan": ("", "Yunxi"),
    "zh-HK": ("HiuMaan HiuGaai", "WanLung"),
    "zh-TW": ("HsiaoChen HsiaoYu", "YunJhe"),
}
"""Of women and of men, without locale and `Neural`, by locale."""

NEUTRAL: Mapping[str, str] = {
    "en-US": (
        "Blue FableTurboMultilingual MultiTalker-Ava-Andrew:DragonHDLatest MultiTalker-Ava-Steffan:DragonHDLatest "
        "Multitalker-Set1:DragonHDLatest"
    ),
    "zh-CN": "Multitalker-Xiaochen-Yunhan:DragonHDLatest",
}
"""Of nobody's gender, written as NAMES."""
