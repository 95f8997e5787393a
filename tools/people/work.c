/*
 * work.c - the working world as lists. Data only; see work.h.
 */
#include "work.h"

#define R(title, function, department, sub)                                                                  \
    {                                                                                                        \
        W(title), W(function), W(department), W(sub)                                                         \
    }

const struct role work_roles[] = {
    R("Software Engineer", "Engineering", "Engineering", "Software Development"),
    R("Platform Engineer", "Engineering", "Engineering", "Infrastructure"),
    R("Data Engineer", "Engineering", "Engineering", "Data"),
    R("Embedded Systems Engineer", "Engineering", "Engineering", "Hardware"),
    R("Site Reliability Engineer", "Engineering", "Engineering", "Infrastructure"),
    R("Quality Engineer", "Quality Assurance", "Engineering", "Testing"),
    R("Security Analyst", "Information Technology", "Information Technology", "Security"),
    R("Systems Administrator", "Information Technology", "Information Technology", "Operations"),
    R("Product Manager", "Product Management", "Product", "Product Management"),
    R("Product Designer", "Arts and Design", "Product", "Design"),
    R("UX Researcher", "Research", "Product", "Research"),
    R("Data Scientist", "Research", "Engineering", "Data Science"),
    R("Laboratory Scientist", "Research", "Research", "Laboratory"),
    R("Account Executive", "Sales", "Sales", "Field Sales"),
    R("Sales Development Representative", "Sales", "Sales", "Inside Sales"),
    R("Customer Success Manager", "Customer Success and Support", "Customers", "Success"),
    R("Support Specialist", "Support", "Customers", "Support"),
    R("Marketing Manager", "Marketing", "Marketing", "Demand Generation"),
    R("Content Writer", "Media and Communication", "Marketing", "Content"),
    R("Brand Designer", "Arts and Design", "Marketing", "Brand"),
    R("Financial Analyst", "Finance", "Finance", "Planning"),
    R("Accountant", "Accounting", "Finance", "Accounting"),
    R("Legal Counsel", "Legal", "Legal", "Commercial"),
    R("Recruiter", "Human Resources", "People", "Talent"),
    R("HR Business Partner", "Human Resources", "People", "Partnering"),
    R("Operations Manager", "Operations", "Operations", "General Operations"),
    R("Supply Chain Planner", "Purchasing", "Operations", "Supply Chain"),
    R("Programme Manager", "Program and Project Management", "Operations", "Programmes"),
    R("Management Consultant", "Consulting", "Consulting", "Strategy"),
    R("Partnerships Manager", "Business Development", "Sales", "Partnerships"),
    R("Registered Nurse", "Healthcare Services", "Care", "Nursing"),
    R("Secondary School Teacher", "Education", "Teaching", "Secondary"),
    R("Civil Engineer", "Engineering", "Engineering", "Construction"),
    R("Property Manager", "Real Estate", "Property", "Letting"),
    R("Executive Assistant", "Administrative", "Administration", "Assistance"),
};
const uint32_t work_roles_count = COUNT_OF(work_roles);

const struct rank work_ranks[] = {
    {W("Junior "), W("Entry Level")},  {W("Associate "), W("Entry Level")},
    {W(""), W("Entry Level")},         {W(""), W("Senior")},
    {W("Senior "), W("Senior")},       {W("Senior "), W("Senior")},
    {W("Staff "), W("Senior")},        {W("Lead "), W("Strategic")},
    {W("Principal "), W("Strategic")}, {W("Head "), W("Director")},
    {W("Group "), W("Director")},      {W("Chief "), W("CXO")},
};
const uint32_t work_ranks_count = COUNT_OF(work_ranks);

static const str industries[] = {
    W("Software Development"),
    W("IT Services and IT Consulting"),
    W("Computer Games"),
    W("Financial Services"),
    W("Insurance"),
    W("Hospitals and Health Care"),
    W("Biotechnology Research"),
    W("Renewable Energy Power Generation"),
    W("Motor Vehicle Manufacturing"),
    W("Machinery Manufacturing"),
    W("Truck Transportation"),
    W("Maritime Transportation"),
    W("Retail Apparel and Fashion"),
    W("Food and Beverage Services"),
    W("Hospitality"),
    W("Higher Education"),
    W("Primary and Secondary Education"),
    W("Book and Periodical Publishing"),
    W("Advertising Services"),
    W("Architecture and Planning"),
    W("Construction"),
    W("Real Estate"),
    W("Legal Services"),
    W("Staffing and Recruiting"),
    W("Non-profit Organizations"),
    W("Government Administration"),
    W("Telecommunications"),
    W("Semiconductor Manufacturing"),
    W("Farming"),
    W("Environmental Services"),
    W("Museums, Historical Sites, and Zoos"),
    W("Research \\u0026 Development"),
};
const struct list work_industries = LIST(industries);

static const str functions[] = {
    W("Engineering"),     W("Sales"),
    W("Marketing"),       W("Finance"),
    W("Operations"),      W("Research"),
    W("Human Resources"), W("Legal"),
    W("Support"),         W("Product Management"),
    W("Consulting"),      W("Information Technology"),
    W("Arts and Design"), W("Education"),
};
const struct list work_functions = LIST(functions);

static const str skills[] = {
    W("Kubernetes"),
    W("Go"),
    W("C"),
    W("C++"),
    W("C#"),
    W("Python"),
    W("Rust"),
    W("SQL"),
    W("PostgreSQL"),
    W("Linux"),
    W("Bazel"),
    W("Terraform"),
    W("Ansible"),
    W("Kafka"),
    W("Data Modelling"),
    W("Machine Learning"),
    W("Statistics"),
    W("Power BI"),
    W("Microsoft Excel"),
    W("Financial Modelling"),
    W("IFRS"),
    W("Budgeting"),
    W("Forecasting"),
    W("Negotiation"),
    W("Account Management"),
    W("Cold Calling"),
    W("CRM"),
    W("Lead Generation"),
    W("SEO"),
    W("Copywriting"),
    W("Content Strategy"),
    W("Brand Management"),
    W("Public Speaking"),
    W("Teamwork"),
    W("Leadership"),
    W("Coaching"),
    W("Project Management"),
    W("Scrum"),
    W("Kanban"),
    W("Lean Six Sigma"),
    W("Supply Chain"),
    W("Procurement"),
    W("Inventory Control"),
    W("SAP"),
    W("Employment Law"),
    W("Contract Drafting"),
    W("GDPR"),
    W("Recruiting"),
    W("Onboarding"),
    W("Patient Care"),
    W("Clinical Trials"),
    W("Microscopy"),
    W("PCR"),
    W("MATLAB"),
    W("AutoCAD"),
    W("Revit"),
    W("Structural Analysis"),
    W("Figma"),
    W("User Research"),
    W("Prototyping"),
    W("Illustration"),
    W("Video Editing"),
    W("R\\u0026D"),
    W("Crédit client"),
    W("Comptabilité"),
    W("Gestión de proyectos"),
    W("Qualitätsmanagement"),
    W("Управление проектами"),
    W("Переговоры"),
    W("项目管理"),
    W("数据分析"),
    W("データ分析"),
    W("英会話"),
    W("데이터 분석"),
    W("إدارة المشاريع"),
    W("\\\"Soft\\\" skills"),
    W("A/B Testing"),
    W("Teaching"),
    W("Curriculum Design"),
    W("First Aid"),
    W("Event Planning"),
    W("Customer Service"),
    W("Technical Writing"),
    W("Risk Assessment"),
    W("Internal Audit"),
    W("Threat Modelling"),
    W("Penetration Testing"),
    W("Incident Response"),
    W("Observability"),
    W("gRPC"),
    W("Embedded C"),
    W("FPGA"),
    W("PCB Design"),
    W("Robotics"),
};
const struct list work_skills = LIST(skills);

static const str languages[] = {
    W("English"),    W("English"), W("English"),   W("Dutch"),    W("German"),  W("French"),     W("Spanish"),
    W("Portuguese"), W("Polish"),  W("Ukrainian"), W("Turkish"),  W("Arabic"),  W("Hindi"),      W("Chinese"),
    W("日本語"),     W("한국어"),  W("Ελληνικά"),  W("Français"), W("Español"), W("Українська"),
};
const struct list work_languages = LIST(languages);

static const str school_kinds[] = {
    W("Example Technical University"),
    W("Example Institute of Technology"),
    W("Example State University"),
    W("Example Business School"),
    W("Invented College"),
    W("Invented Academy of Arts"),
    W("Sample Polytechnic"),
    W("Sample School of Nursing"),
    W("Universität Musterstadt"),
    W("Université d’Exemple"),
    W("Universidad de Ejemplo"),
    W("Вигаданий університет"),
    W("示例大学"),
    W("見本大学"),
    W("예시대학교"),
};
const struct list work_school_kinds = LIST(school_kinds);

static const str degrees[] = {
    W("BSc"),
    W("BSc (Hons)"),
    W("Bachelor of Arts - BA"),
    W("Bachelor of Engineering - BE"),
    W("MSc"),
    W("Master of Science - MS"),
    W("MBA"),
    W("PhD"),
    W("Diplom"),
    W("Licence"),
    W("Certificate"),
    W("Associate's degree"),
    W("Магістр"),
    W("学士"),
};
const struct list work_degrees = LIST(degrees);

static const str subjects[] = {
    W("Computer Engineering"),
    W("Computer Science"),
    W("Mathematics"),
    W("Applied Physics"),
    W("Economics"),
    W("Business Administration and Management, General"),
    W("Psychology"),
    W("Mechanical Engineering"),
    W("Molecular Biology"),
    W("Nursing"),
    W("Law"),
    W("History"),
    W("Graphic Design"),
    W("Comparative Literature"),
    W("Logistics"),
    W("Électronique"),
    W("Wirtschaftsinformatik"),
    W("Прикладна математика"),
    W("会计学"),
};
const struct list work_subjects = LIST(subjects);

static const str societies[] = {
    W("Rowing club"),
    W("Debating society"),
    W("Student radio"),
    W("Chess club, captain"),
    W("Choir; orchestra (second violin)"),
    W("Robotics team"),
    W("Mountaineering"),
    W("Film society"),
};
const struct list work_societies = LIST(societies);

static const str certificates[] = {
    W("Certified Cluster Administrator"), W("Certified Data Practitioner"),
    W("Project Leader, Level 2"),         W("Advanced Spreadsheet Analyst"),
    W("Industrial Safety Card"),          W("Cloud Fundamentals"),
    W("Certified Invented Accountant"),   W("Agile Facilitator"),
    W("Information Security Manager"),    W("Forklift Operator"),
    W("Advanced Life Support"),           W("Scrum Practitioner II"),
};
const struct list work_certificates = LIST(certificates);

static const str honors[] = {
    W("Best Paper Award"), W("Employee of the Quarter"), W("Dean's List"),       W("Hackathon, First Place"),
    W("Innovation Prize"), W("Volunteer of the Year"),   W("Prix de l’Exemple"), W("奨学金"),
};
const struct list work_honors = LIST(honors);

static const str code_languages[] = {
    W("C"),     W("C++"),  W("Go"),     W("Rust"), W("Python"),  W("TypeScript"),       W("JavaScript"),
    W("Shell"), W("Java"), W("Kotlin"), W("Lua"),  W("Haskell"), W("Jupyter Notebook"), W("HTML"),
};
const struct list work_code_languages = LIST(code_languages);

static const str code_topics[] = {
    W("build-tools"), W("cli"),        W("database"),         W("compression"),
    W("parser"),      W("kubernetes"), W("machine-learning"), W("visualization"),
    W("dotfiles"),    W("game"),       W("embedded"),         W("hacktoberfest"),
};
const struct list work_code_topics = LIST(code_topics);
