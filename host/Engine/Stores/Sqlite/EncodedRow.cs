using System.Buffers;
using System.Text;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>A row as the table holds it, encoded and checked before it meets the writer.</summary>
internal sealed class EncodedRow
{
    /// <summary>DynamoDB's limit of a partition key, so that no row is stored here that cannot move there.</summary>
    private const int MaxIdBytes = 2048;

    private readonly StoredValue[] _columns = new StoredValue[JobTable.Columns.Length];

    /// <exception cref="InvalidRowException">The row has no key, or a value whose text does not fit its kind.</exception>
    public EncodedRow(JobRow row)
    {
        CheckId(row);
        foreach (var (name, value) in row.Attributes)
        {
            if (JobTable.Places.TryGetValue(name, out var place))
            {
                _columns[place] = Encode(name, value);
            }
        }

        Other = EncodeOther(row.Attributes.Where(attribute => !JobTable.Places.ContainsKey(attribute.Key)).ToList());
        Row = row;
    }

    private JobRow Row { get; }

    private byte[]? Other { get; }

    /// <summary>Binds the derived columns from 1 and then all columns in the order of the table.</summary>
    public Statement Bind(Statement statement)
    {
        var created = JobTable.Microseconds(Row.CreatedAt, JobTable.Last);
        statement.Bind(1, JobTable.Due(Row.NotBefore))
            .Bind(2, JobTable.Microseconds(Row.UpdatedAt, 0))
            .Bind(3, Row.Priority)
            .Bind(4, created)
            .Bind(5, created == JobTable.Last ? JobTable.Last : -created);
        for (var column = 0; column < _columns.Length; column++)
        {
            statement.Bind(6 + column, _columns[column]);
        }

        return Other is null ? statement : statement.BindUtf8(6 + JobTable.OtherPlace, Other);
    }

    public static StoredValue Encode(string name, RowValue value)
    {
        try
        {
            return StoredValue.Of(value);
        }
        catch (InvalidRowException invalid)
        {
            throw new InvalidRowException($"Attribute '{name}' cannot be stored. {invalid.Message}", invalid);
        }
    }

    /// <summary>The attributes without a column, as DynamoDB JSON; null when there are none.</summary>
    public static byte[]? EncodeOther(IReadOnlyCollection<KeyValuePair<string, RowValue>> attributes)
    {
        if (attributes.Count == 0)
        {
            return null;
        }

        foreach (var (name, value) in attributes)
        {
            Encode(name, value);
        }

        var json = new ArrayBufferWriter<byte>();
        RowJsonWriter.WriteAttributes(json, attributes);
        return json.WrittenSpan.ToArray();
    }

    private static void CheckId(JobRow row)
    {
        if (row.Raw(JobAttributes.JobId) is not { Kind: RowValueKind.S, Text: { Length: > 0 } id })
        {
            throw new InvalidRowException("The row has no 'job_id', or one that is no text. Give it a text of at least one character.");
        }

        var bytes = Encoding.UTF8.GetByteCount(id);
        if (bytes > MaxIdBytes)
        {
            throw new InvalidRowException($"The row's 'job_id' has {bytes} bytes; at most {MaxIdBytes} can be a key. Give a shorter one.");
        }
    }
}
