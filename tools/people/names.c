/*
 * names.c - the name parts of each origin. Data only; see names.h.
 *
 * Letters whose lower case depends on language or position (dotted capital I, final sigma, sharp s) are
 * left out on purpose: a handle has one canonical form. All text is in NFC.
 */
#include "names.h"

#define N(shown, ascii)                                                                                      \
    {                                                                                                        \
        W(shown), W(ascii)                                                                                   \
    }

static const struct name_part western_given[] = {
    N("Maren", "maren"),         N("Tobias", "tobias"),  N("Elodie", "elodie"), N("Nadia", "nadia"),
    N("Oskar", "oskar"),         N("Imogen", "imogen"),  N("Rufus", "rufus"),   N("Petra", "petra"),
    N("Callum", "callum"),       N("Livia", "livia"),    N("Jasper", "jasper"), N("Freya", "freya"),
    N("Milo", "milo"),           N("Greta", "greta"),    N("Hugo", "hugo"),     N("Selma", "selma"),
    N("Aiden", "aiden"),         N("Noor", "noor"),      N("Felix", "felix"),   N("Wanda", "wanda"),
    N("Ruben", "ruben"),         N("Thea", "thea"),      N("Emil", "emil"),     N("Carla", "carla"),
    N("Victor", "victor"),       N("Olivia", "olivia"),  N("Simon", "simon"),   N("Helen", "helen"),
    N("Marcus", "marcus"),       N("Paula", "paula"),    N("Dennis", "dennis"), N("Ingrid", "ingrid"),
    N("Anne-Lise", "anne-lise"), N("Mary Jo", "maryjo"),
};
static const struct name_part western_head[] = {
    N("Brand", "brand"), N("Okan", "okan"),   N("Lind", "lind"),     N("Varn", "varn"),
    N("Thorn", "thorn"), N("Quill", "quill"), N("Marl", "marl"),     N("Hollo", "hollo"),
    N("Fenn", "fenn"),   N("Ash", "ash"),     N("Wester", "wester"), N("Kelm", "kelm"),
    N("Ostra", "ostra"), N("Penn", "penn"),   N("Grav", "grav"),     N("Dun", "dun"),
    N("Hal", "hal"),     N("Stell", "stell"), N("Corv", "corv"),     N("Bram", "bram"),
    N("Wick", "wick"),   N("Tarn", "tarn"),   N("Rook", "rook"),     N("O'Sel", "osel"),
    N("Ived", "ived"),   N("Mord", "mord"),   N("Larch", "larch"),   N("Pell", "pell"),
    N("Yarr", "yarr"),   N("Zeld", "zeld"),   N("Umber", "umber"),   N("van Nett", "vannett"),
};
static const struct name_part western_tail[] = {
    N("vik", "vik"),     N("ford", "ford"),   N("man", "man"),   N("berg", "berg"),
    N("sson", "sson"),   N("well", "well"),   N("mere", "mere"), N("wick", "wick"),
    N("stad", "stad"),   N("holt", "holt"),   N("by", "by"),     N("dale", "dale"),
    N("ling", "ling"),   N("worth", "worth"), N("sen", "sen"),   N("feld", "feld"),
    N("croft", "croft"), N("gate", "gate"),   N("ers", "ers"),   N("hurst", "hurst"),
    N("lund", "lund"),   N("more", "more"),   N("ley", "ley"),   N("shaw-Lind", "shaw-lind"),
};

static const struct name_part accented_given[] = {
    N("Zoë", "zoe"),       N("José", "jose"),     N("François", "francois"), N("Björn", "bjorn"),
    N("Łukasz", "lukasz"), N("Željka", "zeljka"), N("Søren", "soren"),       N("Inês", "ines"),
    N("Jürgen", "jurgen"), N("Chloé", "chloe"),   N("Ángel", "angel"),       N("Jiří", "jiri"),
    N("Öykü", "oyku"),     N("Çağla", "cagla"),   N("Şirin", "sirin"),       N("Réka", "reka"),
    N("Győző", "gyozo"),   N("Nuño", "nuno"),     N("João", "joao"),         N("Åsa", "asa"),
    N("Mária", "maria"),   N("Đurđa", "durda"),   N("Anaïs", "anais"),       N("Māra", "mara"),
    N("Eglė", "egle"),     N("Ștefan", "stefan"), N("Thảo", "thao"),         N("Marie-Ève", "marie-eve"),
};
static const struct name_part accented_head[] = {
    N("Müll", "mull"), N("Håk", "hak"),   N("Šim", "sim"),     N("Čern", "cern"),
    N("Bárd", "bard"), N("Núñ", "nun"),   N("Grönl", "gronl"), N("Wiśn", "wisn"),
    N("Żur", "zur"),   N("Côt", "cot"),   N("Özd", "ozd"),     N("Lór", "lor"),
    N("Vân", "van"),   N("Kõiv", "koiv"), N("Ærl", "aerl"),    N("Ţep", "tep"),
};
static const struct name_part accented_tail[] = {
    N("ström", "strom"), N("ák", "ak"),   N("ová", "ova"), N("ández", "andez"),
    N("eño", "eno"),     N("ié", "ie"),   N("øy", "oy"),   N("ğan", "gan"),
    N("ész", "esz"),     N("ção", "cao"), N("ič", "ic"),   N("dóttir", "dottir"),
};

static const struct name_part cyrillic_given[] = {
    N("Ольга", "olga"),        N("Дмитрий", "dmitriy"), N("Наталья", "natalya"), N("Иван", "ivan"),
    N("Светлана", "svetlana"), N("Юрий", "yuriy"),      N("Алексей", "aleksey"), N("Марина", "marina"),
    N("Фёдор", "fedor"),       N("Зоя", "zoya"),        N("Тимофей", "timofey"), N("Поліна", "polina"),
    N("Їжакія", "yizhakiya"),
};
static const struct name_part cyrillic_head[] = {
    N("Бел", "bel"),  N("Гор", "gor"), N("Вер", "ver"),    N("Лесн", "lesn"),
    N("Мор", "mor"),  N("Зар", "zar"), N("Рад", "rad"),    N("Сем", "sem"),
    N("Тих", "tikh"), N("Яр", "yar"),  N("Щук", "shchuk"),
};
static const struct name_part cyrillic_tail[] = {
    N("ович", "ovich"), N("енко", "enko"), N("ский", "skiy"), N("ов", "ov"),
    N("ина", "ina"),    N("ук", "uk"),     N("ейко", "eyko"),
};

static const struct name_part chinese_given[] = {
    N("伟", "wei"),       N("静", "jing"),     N("晓明", "xiaoming"), N("雨桐", "yutong"),
    N("子轩", "zixuan"),  N("思远", "siyuan"), N("佳怡", "jiayi"),    N("浩然", "haoran"),
    N("明月", "mingyue"), N("文博", "wenbo"),  N("若曦", "ruoxi"),    N("天宇", "tianyu"),
};
static const struct name_part chinese_head[] = {
    N("王", "wang"), N("李", "li"),   N("张", "zhang"),    N("刘", "liu"),    N("陈", "chen"),
    N("杨", "yang"), N("赵", "zhao"), N("黄", "huang"),    N("周", "zhou"),   N("吴", "wu"),
    N("徐", "xu"),   N("孙", "sun"),  N("欧阳", "ouyang"), N("司马", "sima"),
};

static const struct name_part japanese_given[] = {
    N("美咲", "misaki"),  N("翔太", "shota"),    N("さくら", "sakura"), N("健一", "kenichi"),
    N("あおい", "aoi"),   N("ひなた", "hinata"), N("ジュン", "jun"),    N("めぐみ", "megumi"),
    N("大輔", "daisuke"), N("ゆうじ", "yuji"),
};
static const struct name_part japanese_head[] = {
    N("田中", "tanaka"),    N("佐藤", "sato"), N("鈴木", "suzuki"),   N("高橋", "takahashi"),
    N("渡辺", "watanabe"),  N("伊藤", "ito"),  N("山本", "yamamoto"), N("中村", "nakamura"),
    N("小林", "kobayashi"), N("加藤", "kato"),
};

static const struct name_part korean_given[] = {
    N("민준", "minjun"), N("서연", "seoyeon"), N("지우", "jiwoo"),   N("하은", "haeun"),
    N("도윤", "doyun"),  N("수빈", "subin"),   N("현우", "hyunwoo"), N("유진", "yujin"),
};
static const struct name_part korean_head[] = {
    N("김", "kim"),  N("이", "lee"),  N("박", "park"), N("최", "choi"),
    N("정", "jung"), N("강", "kang"), N("조", "cho"),  N("윤", "yoon"),
};

static const struct name_part arabic_given[] = {
    N("ليلى", "layla"),  N("يوسف", "yousef"), N("أحمد", "ahmad"),  N("فاطمة", "fatima"),
    N("خالد", "khaled"), N("نور", "nour"),    N("مريم", "maryam"), N("سامي", "sami"),
};
static const struct name_part arabic_head[] = {
    N("البحري", "albahri"),  N("الصالح", "alsaleh"),  N("النجار", "alnajjar"),
    N("الحداد", "alhaddad"), N("القمري", "alqamari"), N("الزيتوني", "alzaytuni"),
};

static const struct name_part greek_given[] = {
    N("Ελένη", "eleni"),     N("Μαρία", "maria"),   N("Αθηνά", "athina"),
    N("Δήμητρα", "dimitra"), N("Ιωάννα", "ioanna"), N("Κατερίνα", "katerina"),
};
static const struct name_part greek_head[] = {
    N("Παπ", "pap"), N("Μακρ", "makr"), N("Λευκ", "lefk"), N("Γαλ", "gal"), N("Θεοδ", "theod"),
};
static const struct name_part greek_tail[] = {
    N("άκη", "aki"),
    N("ίδη", "idi"),
    N("οπούλου", "opoulou"),
    N("ιάδη", "iadi"),
};

static const struct name_part hindi_given[] = {
    N("प्रिया", "priya"), N("अर्जुन", "arjun"),  N("नेहा", "neha"),
    N("रोहन", "rohan"),  N("काव्या", "kavya"), N("विक्रम", "vikram"),
};
static const struct name_part hindi_head[] = {
    N("शर्मा", "sharma"), N("वर्मा", "varma"), N("गुप्ता", "gupta"),
    N("मेहता", "mehta"),  N("जोशी", "joshi"), N("नायर", "nayar"),
};

#define NONE                                                                                                 \
    {                                                                                                        \
        NULL, 0                                                                                              \
    }

const struct origin names_origins[ORIGIN_COUNT] = {
    [ORIGIN_WESTERN] = {LIST(western_given), LIST(western_head), LIST(western_tail), true, false},
    [ORIGIN_ACCENTED] = {LIST(accented_given), LIST(accented_head), LIST(accented_tail), false, false},
    [ORIGIN_CYRILLIC] = {LIST(cyrillic_given), LIST(cyrillic_head), LIST(cyrillic_tail), false, false},
    [ORIGIN_CHINESE] = {LIST(chinese_given), LIST(chinese_head), NONE, false, true},
    [ORIGIN_JAPANESE] = {LIST(japanese_given), LIST(japanese_head), NONE, false, true},
    [ORIGIN_KOREAN] = {LIST(korean_given), LIST(korean_head), NONE, false, true},
    [ORIGIN_ARABIC] = {LIST(arabic_given), LIST(arabic_head), NONE, false, false},
    [ORIGIN_GREEK] = {LIST(greek_given), LIST(greek_head), LIST(greek_tail), false, false},
    [ORIGIN_HINDI] = {LIST(hindi_given), LIST(hindi_head), NONE, false, false},
};
